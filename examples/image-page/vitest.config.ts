import { projectConfig } from '../../vitest.base.ts'

export default projectConfig('example-image-page')
