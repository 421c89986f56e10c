// What a thread that only computes loads, and nothing else.
export {
  createEngine,
  ENGINE_CHOICES,
  type Engine,
  type EngineChoice,
  type EngineOptions,
  parseEngineChoice,
} from './engine/engine.ts'
