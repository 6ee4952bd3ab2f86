// The first words on a connection: `initialize`, and asking an older daemon to make room.
import {
  errorCode,
  type HandOverAnswer,
  type Hello,
  method,
  PROTOCOL_VERSION,
  type Welcome,
} from "../generated/protocol";
import type { Clock } from "../pure/clock";
import { isOlder } from "../pure/semver";
import { readWelcome } from "../pure/wire-checks";
import { isAnswer } from "./answers";
import type { Peer } from "./peer";

/** How the first words ended. */
export type Greeting =
  | { readonly kind: "attached"; readonly welcome: Welcome }
  | { readonly kind: "refused"; readonly code: number; readonly message: string }
  /** The older daemon has left: start ours. */
  | { readonly kind: "handedOver"; readonly version: string }
  /** It speaks an older protocol, so it cannot even be asked to leave. */
  | { readonly kind: "outdated" }
  /** The connection ended; `silent`: it promised to leave and did not. */
  | { readonly kind: "ended"; readonly silent: boolean };

/** More hand-overs than this within the period mean that two versions take turns in asking each other to leave. */
const MAX_HAND_OVERS = 3;
const HAND_OVER_PERIOD_MS = 10 * 60_000;

/** Whether, and as which version, a link asks older daemons to leave. */
export class HandOver {
  private readonly times: number[] = [];

  constructor(readonly version: string) {}

  /** True when the daemon is older and we have not asked too often. Counts as asked. */
  due(daemonVersion: string, now: number): boolean {
    if (!isOlder(daemonVersion, this.version)) return false;
    while (this.times[0] !== undefined && now - this.times[0] > HAND_OVER_PERIOD_MS) this.times.shift();
    if (this.times.length >= MAX_HAND_OVERS) return false;
    this.times.push(now);
    return true;
  }
}

/** Introduces us. Never rejects. */
export async function greet(
  peer: Peer,
  hello: Hello,
  handOver: HandOver | undefined,
  clock: Clock,
  patienceMs: number,
  ended: Promise<string>,
): Promise<Greeting> {
  let answer: unknown;
  try {
    answer = await peer.request("initialize", {
      processId: process.pid,
      clientInfo: { name: "lifeline-vscode", version: hello.clientVersion },
      rootUri: null,
      capabilities: {},
      initializationOptions: hello,
    });
  } catch (error) {
    if (!isAnswer(error)) return { kind: "ended", silent: false };
    if (handOver && speaksOlder(error) && handOver.due("0.0.0", clock.now())) return { kind: "outdated" };
    return { kind: "refused", code: error.code, message: error.message };
  }
  const welcome = readWelcome(answer);
  if (!welcome || welcome.protocol !== PROTOCOL_VERSION) {
    const message = "what listens on Lifeline's socket is not a Lifeline daemon of this version";
    return { kind: "refused", code: errorCode.wrongVersion, message };
  }
  await peer.notify("initialized", {});
  if (handOver?.due(welcome.daemonVersion, clock.now())) {
    const left = await askToLeave(peer, handOver.version, clock, patienceMs, ended);
    if (left) return left;
  }
  return { kind: "attached", welcome };
}

function speaksOlder(error: { code: number; data?: unknown }): boolean {
  if (error.code !== errorCode.wrongVersion) return false;
  const protocol = (error.data as { protocol?: unknown } | null | undefined)?.protocol;
  return typeof protocol === "number" && protocol < PROTOCOL_VERSION;
}

/** Undefined when the daemon stays. */
async function askToLeave(
  peer: Peer,
  version: string,
  clock: Clock,
  patienceMs: number,
  ended: Promise<string>,
): Promise<Greeting | undefined> {
  let answer: HandOverAnswer;
  try {
    answer = await peer.request<HandOverAnswer>(method.handOver, { version });
  } catch (error) {
    return isAnswer(error) ? undefined : { kind: "ended", silent: false };
  }
  if (answer?.leaving !== true) return undefined;
  let silent = false;
  const patience = clock.after(patienceMs, () => {
    silent = true;
    peer.close("the daemon did not leave");
  });
  await ended;
  clock.cancel(patience);
  return silent ? { kind: "ended", silent } : { kind: "handedOver", version: String(answer.version) };
}
