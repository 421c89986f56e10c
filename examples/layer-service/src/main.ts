import { SHA512 } from '@composefs/fsverity'
import { createLayerService } from './layer-service.ts'
import { LayerStore } from './layer-store.ts'

const port = Number(process.argv[2] ?? 8080)
createLayerService(new LayerStore(SHA512)).listen(port, '127.0.0.1', () => {
  console.log(`layers and objects on http://127.0.0.1:${port}/`)
})
