// Reading JSON that a program printed: every field is checked, cut to a length, and left out when it is not what it should be.

/** An object of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object that a text is the JSON of. */
export function parseFields(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The value as an object; undefined when it is none. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Text without invisible characters but line breaks and tabs, cut where it is too long; undefined when there is none. */
export function textOf(value: unknown, atMost: number): string | undefined {
  if (typeof value !== "string") return undefined;
  // The first cut keeps a huge one from being looked through.
  const clean = value
    .slice(0, 4 * atMost)
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, "")
    .trim();
  if (clean === "") return undefined;
  return clean.length > atMost ? `${clean.slice(0, atMost).replace(/[\uD800-\uDBFF]$/, "")}…` : clean;
}

/** Texts, as many as are wanted at most. */
export function textsOf(value: unknown, { items, length }: { items: number; length: number }): string[] {
  return listOf(value, items).flatMap((one) => textOf(one, length) ?? []);
}

/** The first items of a list; none when it is no list. */
export function listOf(value: unknown, atMost: number): unknown[] {
  return Array.isArray(value) ? value.slice(0, atMost) : [];
}

/** The one of these that it is. */
export function oneOf<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}
