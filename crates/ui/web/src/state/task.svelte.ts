import { asProblem, type Problem } from '../api/problem';
import { session } from '../session.svelte';

/** Something a person asked for: one at a time, with what went wrong with the last. */
export class Task {
  busy = $state(false);
  problem: Problem | null = $state.raw(null);

  /** True when `work` succeeded. A session that has ended leads to the log-in page. */
  async run(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (!session.refused(problem)) this.problem = problem;
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** What to say at the field called `field`. */
  wrong(field: string): string | null {
    return this.problem?.field === field ? this.problem.detail || this.problem.title : null;
  }

  /** What to say at the one field that a problem called `code` is about. */
  saidOf(code: string): string | null {
    if (this.problem?.code !== code) return null;
    const { title, detail } = this.problem;
    return detail === '' || detail === title ? title : `${title.replace(/[.\s]+$/, '')}. ${detail}`;
  }

  /** The problem, unless one of `fields` says it. */
  note(...fields: string[]): Problem | null {
    const field = this.problem?.field ?? null;
    return field !== null && fields.includes(field) ? null : this.problem;
  }
}
