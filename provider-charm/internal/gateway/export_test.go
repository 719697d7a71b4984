package gateway

// KeysForTest are the keys that a reload knows what to do with.
func KeysForTest() (names []string) {
	for _, key := range keys {
		names = append(names, key.name)
	}
	return names
}
