// Package seal keeps secrets from whoever has no more than a copy of what the manager stores: what is sealed can be read with a key
// alone, which lies in a file of its own.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
)

// Key seals texts, and tells them apart.
type Key struct {
	seal cipher.AEAD
	sign []byte
}

// Size is that of a key, in bytes.
const Size = 32

// Open reads the key's file, and makes it where there is none. The error says what is lost without the key.
func Open(path, lost string) (Key, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, Size)
		_, _ = rand.Read(fresh) // it never fails
		text = []byte(hex.EncodeToString(fresh) + "\n")
		err = atomicfile.Write(path, text, 0o600)
	}
	if err != nil {
		return Key{}, fmt.Errorf("the key that secrets are sealed with: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != Size {
		return Key{}, fmt.Errorf("the key that secrets are sealed with: %s has none; without it (move it away) %s", path, lost)
	}
	return New(raw)
}

// New is the key that these bytes are.
func New(raw []byte) (Key, error) {
	block, err := aes.NewCipher(derive(raw, "seal"))
	if err != nil {
		return Key{}, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	return Key{seal: seal, sign: derive(raw, "mark")}, err
}

func derive(raw []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// Seal gives the text so that it can be read with the key, and for the same purpose, only.
func (k Key) Seal(text, purpose string) []byte {
	return k.seal.Seal(nil, nil, []byte(text), []byte(purpose))
}

// Unseal undoes Seal.
func (k Key) Unseal(sealed []byte, purpose string) (string, error) {
	text, err := k.seal.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return "", errors.New("it was sealed with another key")
	}
	return string(text), nil
}

// Mark tells texts apart, and does not tell them: so many bytes, in hex.
func (k Key) Mark(text string, bytes int) string {
	return hex.EncodeToString(derive(k.sign, text)[:bytes])
}
