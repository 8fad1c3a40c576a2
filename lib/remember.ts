/** The value that a map knows for a key; where it knows none, the one that `make` makes, kept for the next time. */
export function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
