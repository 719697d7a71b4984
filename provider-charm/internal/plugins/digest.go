package plugins

import (
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// digestLength is the number of hex digits of a SHA-256 sum.
const digestLength = 64

// Digest names a plugin: the SHA-256 of its tarball's bytes exactly as they were downloaded, as 64 lower-case hex
// digits. Two units hold the same plugin when, and only when, they hold the same digest.
type Digest string

// ParseDigest reads a digest written by a person or a tool: hex digits of either case.
func ParseDigest(text string) (Digest, error) {
	digest := Digest(strings.ToLower(text))
	return digest, digest.Validate()
}

// Validate returns an error that says what is wrong when d is not 64 lower-case hex digits. A valid digest is safe to
// use as a file name.
func (d Digest) Validate() error {
	if len(d) != digestLength {
		return fmt.Errorf("plugin digest has %d characters: a SHA-256 has %d hex digits", len(d), digestLength)
	}
	foreign := func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }
	if strings.ContainsFunc(string(d), foreign) {
		return fmt.Errorf("plugin digest %q is not lower-case hex", string(d))
	}
	return nil
}

// Short returns the first 12 digits, for messages to people.
func (d Digest) Short() string {
	return string(d[:min(len(d), 12)])
}

func digestOf(sum hash.Hash) Digest {
	return Digest(hex.EncodeToString(sum.Sum(nil)))
}
