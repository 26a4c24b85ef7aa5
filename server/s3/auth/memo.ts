/**
 * Answers worth keeping for a moment: clients repeat the same credential, date and list of headers for
 * thousands of requests. Bounded, because what is asked comes from the network.
 */

const MAX_ENTRIES = 256;
const MAX_KEY = 1024;

export class Memo<V> {
  readonly #answers = new Map<string, V>();

  /** The answer of `make`, which must be the same for the same text. What it throws is not kept. */
  get(text: string, make: (text: string) => V): V {
    const known = this.#answers.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    if (text.length <= MAX_KEY) {
      if (this.#answers.size >= MAX_ENTRIES) this.#answers.clear();
      this.#answers.set(text, made);
    }
    return made;
  }
}
