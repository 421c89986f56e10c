// Loaded before the program: writes what it loads to the file that LOADED_MODULES names.
const { writeFileSync } = require('node:fs')
const { registerHooks } = require('node:module')

const before = new Set(process.moduleLoadList)
const files = []
registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('node:')) files.push(url)
    return nextLoad(url, context)
  },
})
const { dlopen } = process
process.dlopen = (module, file, ...flags) => {
  files.push(file)
  return dlopen.call(process, module, file, ...flags)
}
process.on('exit', () => {
  const builtIn = process.moduleLoadList.filter(name => !before.has(name))
  writeFileSync(process.env.LOADED_MODULES, JSON.stringify({ files, builtIn }))
})
