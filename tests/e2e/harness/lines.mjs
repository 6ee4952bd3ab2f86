// Lines of JSON that others write.

/** @param {string} line @returns {any[]} nothing of a line that is torn */
export function parsed(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
