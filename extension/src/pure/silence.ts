// When a daemon counts as silent: a question is out and nothing has come back in time. Void whenever we ourselves were late.

/** What to do after a tick. */
export type SilenceStep = "wait" | "ask" | "silent";

/** Limits in milliseconds. */
export interface SilenceLimits {
  /** A question that is unanswered for this long means silence. */
  readonly silentAfterMs: number;
  /** Time after the last sign of life when a question is asked. */
  readonly askAfterMs: number;
  /** How often `tick` is called. A tick late by more than half of this voids the deadline: we slept, or our loop was blocked. */
  readonly tickMs: number;
}

/** Watches one connection. Time is an argument. */
export class SilenceWatch {
  private lastTick: number;
  private lastHeard: number;
  private waitingSince: number | undefined;

  constructor(
    private readonly limits: SilenceLimits,
    now: number,
  ) {
    this.lastTick = now;
    this.lastHeard = now;
  }

  /** A question went out that the peer must answer. */
  asked(now: number): void {
    this.waitingSince ??= now;
  }

  /** Something arrived. */
  heard(now: number): void {
    this.lastHeard = now;
    this.waitingSince = undefined;
  }

  tick(now: number): SilenceStep {
    const late = now - this.lastTick > this.limits.tickMs * 1.5;
    this.lastTick = now;
    if (this.waitingSince !== undefined) {
      if (late) this.waitingSince = now;
      return now - this.waitingSince >= this.limits.silentAfterMs ? "silent" : "wait";
    }
    if (now - this.lastHeard < this.limits.askAfterMs) return "wait";
    this.waitingSince = now;
    return "ask";
  }
}
