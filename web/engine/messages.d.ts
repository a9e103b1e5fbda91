// The messages between the page and a worker, as tsc checks them on both sides: what each request takes, and what it brings.
// README.md says what each is for.
import type { GenerateOptions, ModelInfo, Window, World } from './engine.js';
import type { Course, Picture, Shape, Sum } from './learner.js';
import type { Task } from './patcher.js';

type Options = GenerateOptions & { world?: World };

export interface Requests {
  init: [{ module?: WebAssembly.Module; wasmBytes?: BufferSource }, { kernels: string }];
  model: [{ bytes: ArrayBuffer | Uint8Array }, ModelInfo];
  restore: [{ options: Options; frames: Float32Array[] }, { evaluations: number; evaluation: number }];
  show: [{ lattice: Float32Array | null; world?: World; view: string }, object];
  prepare: [object, object];
  rows: [{ y0: number; y1: number }, { band: Float32Array }];
  blend: [{ clean: Float32Array }, { clean: Float32Array }];
  advance: [{ clean: Float32Array }, object];
  patcher: [{ options: Options }, { stages: number }];
  patches: [{ tasks: Task[] }, { next: Float32Array; clean: Float32Array }];
  render: [
    { width: number; height: number; y0: number; y1: number; window: Window | null },
    { pixels: Uint8ClampedArray },
  ];
  png: [
    { rgba: Uint8Array | Uint8ClampedArray; width: number; height: number; text: string },
    { bytes: Uint8Array },
  ];
  pngParameters: [{ bytes: ArrayBuffer | Uint8Array }, { text: string | null }];
  views: [
    { picture: Picture; number: number; total: number; shape: Shape },
    { levels: Uint8Array; changes: Float32Array },
  ];
  course: [{ course: Course; rank: number; count: number }, { step: number }];
  learn: [object, object];
  add: [{ sum: Sum | null }, Sum];
  update: [{ sum: Sum; steps: number }, { step: number }];
  checkpoint: [object, { bytes: Uint8Array }];
  weights: [object, { bytes: Uint8Array }];
  bench: [{ ms: number }, { gflops: number }];
}

export type Type = keyof Requests;
export type Args<T extends Type> = Requests[T][0];
export type Result<T extends Type> = Requests[T][1];

export type Request = { [T in Type]: { id: number; type: T; args: Args<T> } }[Type];
export type Answer =
  | { id: number; type: 'ok'; result: Result<Type> }
  | { id: number; type: 'error'; text: string; code: number | string; fatal: boolean };
export type Handlers = { [T in Type]: (args: Args<T>) => Result<T> | Promise<Result<T>> };
