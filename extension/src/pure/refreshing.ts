// When a view asks for its data: as it is shown, when asked to, soon after news, and now and then while it is visible. Never while hidden.
import type { Clock, Timer } from "./clock";

/** Between two looks while the view is visible and nothing is heard. */
const PERIOD_MS = 5000;
/** News that come in a row are one. */
const NEWS_MS = 2000;

/** One look at a time, and at most one to follow. */
export class Refreshing {
  private visible = false;
  private timer: { readonly handle: Timer; readonly at: number } | undefined;
  private running: Promise<void> | undefined;
  private newsMeanwhile = false;
  private last = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    /** Fetches and draws; never rejects. */
    private readonly look: () => Promise<void>,
  ) {}

  /** The view was shown or hidden. */
  shown(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    if (visible) void this.now();
    else this.cancel();
  }

  /** Something has changed that may show. */
  news(): void {
    if (!this.visible) return;
    if (this.running !== undefined) this.newsMeanwhile = true;
    else this.plan(this.last + NEWS_MS);
  }

  /** What could not be asked before can be asked now. */
  reconnected(): void {
    if (this.visible) void this.now();
  }

  /** A look now, or the one that is under way. */
  now(): Promise<void> {
    this.running ??= this.run();
    return this.running;
  }

  dispose(): void {
    this.visible = false;
    this.cancel();
  }

  private async run(): Promise<void> {
    this.cancel();
    this.newsMeanwhile = false;
    this.last = this.clock.now();
    await this.look();
    this.running = undefined;
    if (this.visible) this.plan(this.clock.now() + (this.newsMeanwhile ? NEWS_MS : PERIOD_MS));
  }

  /** Not later than what is planned already. */
  private plan(at: number): void {
    if (this.timer && this.timer.at <= at) return;
    this.cancel();
    const handle = this.clock.after(Math.max(0, at - this.clock.now()), () => void this.now());
    this.timer = { handle, at };
  }

  private cancel(): void {
    if (this.timer) this.clock.cancel(this.timer.handle);
    this.timer = undefined;
  }
}
