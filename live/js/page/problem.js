/** What went wrong, in words for the reader. */
export class Problem extends Error {}
