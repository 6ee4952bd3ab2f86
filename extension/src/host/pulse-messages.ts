// What the two threads of a host say to each other. All of it is plain data.
import type { EditorContext, Settings, WindowHello } from "../generated/protocol";
import type { Binary } from "../pure/binary";
import type { Endpoint } from "../pure/endpoint";
import type { LinkProblem } from "../wire/link";

/** `workerData`: all that the worker needs for the rest of its life. */
export interface PulseStart {
  readonly window: WindowHello;
  readonly clientVersion: string;
  readonly endpoint: Endpoint;
  readonly binary: Binary;
  readonly env: Record<string, string>;
  /** Raised by the main thread four times a second. */
  readonly counter: Int32Array;
  /** Above every number that an earlier worker of this host has used. */
  readonly firstSeq: number;
}

/** Main thread → worker. */
export type ToPulse =
  | { readonly kind: "context"; readonly context: EditorContext }
  | { readonly kind: "settings"; readonly settings: Settings }
  | { readonly kind: "binary"; readonly binary: Binary };

/** Worker → main thread. Few, because nobody takes them while the main thread is stuck. */
export type FromPulse =
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "problem"; readonly problem: LinkProblem };
