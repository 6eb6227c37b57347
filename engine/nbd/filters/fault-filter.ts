import type { FaultRule } from '#shared/contract/faults.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { type Answer, type Backend, type ConnectionFacts, Filter, type Request } from '../backend.ts';
import { Errno } from '../protocol.ts';
import { HeldRequests } from './held-requests.ts';
import { type RuleStanding, RunningRule, sameDeed } from './running-rule.ts';
import { STEADY_CLOCK, type SteadyClock } from './steady-clock.ts';

/** For tests, which must know what comes. */
export interface FaultFilterOptions {
  /** Draws from [0, 1). */
  readonly random?: () => number;
  readonly clock?: SteadyClock;
}

/**
 * Makes a disk fail as its rules say, and altogether while its Error switch is on.
 *
 * A request meets the rules in their order when it arrives. Every delay that holds for it adds its time; the first rule
 * that fails, refuses, freezes or hangs up ends the walk, and is carried out after the delays before it. What no rule holds for is
 * passed on at once. Unlike nbdkit's error filter this one can make a flush fail, too.
 */
export class FaultFilter extends Filter {
  /** Hangs up on a client, by its number. */
  hangUp: (connection: number) => void = () => {};
  readonly #random: () => number;
  readonly #clock: SteadyClock;
  readonly #held: HeldRequests;
  #error = false;
  #rules: RunningRule[] = [];
  /** Rules that may still hold for a request. */
  #active: RunningRule[] = [];
  /** Whether requests are passed on without a look at anything: this costs nothing while no fault is wanted. */
  #idle = true;
  #disarm: (() => void) | null = null;

  constructor(next: Backend, options: FaultFilterOptions = {}) {
    super(next);
    this.#random = options.random ?? Math.random;
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#held = new HeldRequests(this.#clock);
  }

  /** Whether every request fails with EIO. Those that are frozen stay so; they fail when they are released meanwhile. */
  get error(): boolean {
    return this.#error;
  }

  set error(on: boolean) {
    this.#error = on;
    this.#update();
  }

  get rules(): readonly FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /**
   * Puts these rules in the place of those before. One that is the same but for its name goes on with its counts, its
   * times and the requests it holds; one that was on and is off now keeps its count to be seen.
   */
  setRules(rules: readonly FaultRule[]): void {
    const nowMs = this.#clock.nowMs();
    const former = [...this.#rules];
    const take = (isIt: (running: RunningRule) => boolean): RunningRule | null => {
      const at = former.findIndex(isIt);
      return at < 0 ? null : (former.splice(at, 1)[0] ?? null);
    };
    const same = rules.map((rule) => take((running) => sameDeed(running.rule, rule)));
    this.#rules = rules.map((rule, i) => {
      const running = same[i] ?? new RunningRule(rule, nowMs);
      running.rule = rule;
      return running;
    });
    for (const [i, running] of this.#rules.entries()) {
      if (running.rule.on || same[i] !== null) continue;
      const turnedOff = former.find((old) => sameDeed({ ...old.rule, on: false }, running.rule));
      running.hits = turnedOff?.hits ?? 0;
    }
    for (const gone of former) this.#held.thaw(gone);
    this.#update();
  }

  /** How each rule stands, in order. */
  standings(): RuleStanding[] {
    const nowMs = this.#clock.nowMs();
    return this.#rules.map((running) => running.standing(nowMs));
  }

  /** Ends every fault; requests that are held are answered with ESHUTDOWN and not carried out. */
  end(): void {
    this.#error = false;
    this.#rules = [];
    this.#held.dropAll();
    this.#update();
  }

  override read(request: Request): Answer {
    return this.#idle ? this.next.read(request) : this.#meet(Op.Read, request);
  }

  override write(request: Request): Answer {
    return this.#idle ? this.next.write(request) : this.#meet(Op.Write, request);
  }

  override trim(request: Request): Answer {
    return this.#idle ? this.next.trim(request) : this.#meet(Op.Trim, request);
  }

  override zero(request: Request): Answer {
    return this.#idle ? this.next.zero(request) : this.#meet(Op.Zero, request);
  }

  override flush(request: Request): Answer {
    return this.#idle ? this.next.flush(request) : this.#meet(Op.Flush, request);
  }

  override cache(request: Request): Answer {
    return this.#idle ? this.next.cache(request) : this.#meet(Op.Cache, request);
  }

  override extents(request: Request): Answer {
    return this.#idle ? this.next.extents(request) : this.#meet(Op.Extents, request);
  }

  override gone(connection: ConnectionFacts): void {
    this.#held.drop(connection.number);
    this.next.gone(connection);
  }

  override dispose(): void | Promise<void> {
    this.end();
    return this.next.dispose();
  }

  #meet(op: Op, request: Request): Answer {
    if (this.#error) return Errno.EIO;
    const nowMs = this.#clock.nowMs();
    let delayMs = 0;
    for (const running of this.#active) {
      if (!running.holds(op, request, nowMs)) continue;
      const { action, percent } = running.rule;
      if (percent < 100 && this.#random() * 100 >= percent) continue;
      running.hits += 1;
      if (running.isSpent) this.#update();
      if (action.do !== 'delay') return this.#late(delayMs, op, request, running);
      delayMs += action.ms + (action.jitterMs === 0 ? 0 : this.#random() * action.jitterMs);
    }
    return this.#late(delayMs, op, request, null);
  }

  /** Goes on after the delay: with what `running` does, or by passing the request on. */
  #late(delayMs: number, op: Op, request: Request, running: RunningRule | null): Answer {
    if (delayMs === 0) return this.#act(op, request, running);
    const held = this.#held.delay(request.connection.number, delayMs);
    return held.then((release) => (release === 'go' ? this.#act(op, request, running) : Errno.ESHUTDOWN));
  }

  #act(op: Op, request: Request, running: RunningRule | null): Answer {
    if (running === null) return this.#carryOut(op, request);
    const { action } = running.rule;
    if (action.do === 'fail') return Errno[action.error];
    if (action.do === 'readonly') return Errno.EPERM;
    if (action.do === 'disconnect') return this.#hangUp(request.connection.number);
    // It may have been turned off while the request was delayed.
    if (!this.#rules.includes(running) || this.#clock.nowMs() >= running.untilMs)
      return this.#carryOut(op, request);
    const held = this.#held.freeze(request.connection.number, running);
    return held.then((release) => (release === 'go' ? this.#carryOut(op, request) : Errno.ESHUTDOWN));
  }

  #carryOut(op: Op, request: Request): Answer {
    if (this.#error) return Errno.EIO;
    switch (op) {
      case Op.Read:
        return this.next.read(request);
      case Op.Write:
        return this.next.write(request);
      case Op.Trim:
        return this.next.trim(request);
      case Op.Zero:
        return this.next.zero(request);
      case Op.Flush:
        return this.next.flush(request);
      case Op.Cache:
        return this.next.cache(request);
      case Op.Extents:
        return this.next.extents(request);
    }
  }

  /** In a later turn: the server still counts on an answer to the request, and gives it up with the connection. */
  #hangUp(connection: number): Promise<number> {
    return Promise.resolve().then(() => {
      this.hangUp(connection);
      return Errno.ESHUTDOWN;
    });
  }

  /** Finds out which rules still matter, lets go of what those that are over have frozen, and waits for the next end. */
  #update(): void {
    this.#disarm?.();
    this.#disarm = null;
    const nowMs = this.#clock.nowMs();
    let nextEndMs = Number.POSITIVE_INFINITY;
    for (const running of this.#rules) {
      if (nowMs >= running.untilMs) this.#held.thaw(running);
      else if (running.rule.on) nextEndMs = Math.min(nextEndMs, running.untilMs);
    }
    this.#active = this.#rules.filter(
      (running) => running.rule.on && !running.isSpent && nowMs < running.untilMs,
    );
    this.#idle = !this.#error && this.#active.length === 0;
    if (nextEndMs < Number.POSITIVE_INFINITY) {
      this.#disarm = this.#clock.after(nextEndMs - nowMs, () => this.#update());
    }
  }
}
