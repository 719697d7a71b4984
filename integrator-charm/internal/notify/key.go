package notify

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
	"connectcharms/requirer-lib/secret"
)

// Key seals addresses for the store: a copy of the store alone, as one sends with a question, tells none.
type Key struct {
	seal cipher.AEAD
	sign []byte
}

const keySize = 32

// OpenKey reads the key's file, and makes it where there is none.
func OpenKey(path string) (Key, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, keySize)
		_, _ = rand.Read(fresh) // it never fails
		text = []byte(hex.EncodeToString(fresh) + "\n")
		err = atomicfile.Write(path, text, 0o600)
	}
	if err != nil {
		return Key{}, fmt.Errorf("the key that addresses are sealed with: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != keySize {
		return Key{}, fmt.Errorf("the key that addresses are sealed with: %s has none; without it (move it away) what waits is given up", path)
	}
	return newKey(raw)
}

func newKey(raw []byte) (Key, error) {
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

// sealed is the text, readable with the key and for the same purpose only.
func (k Key) sealed(text, purpose string) []byte {
	return k.seal.Seal(nil, nil, []byte(text), []byte(purpose))
}

// open undoes sealed.
func (k Key) open(sealed []byte, purpose string) (string, error) {
	text, err := k.seal.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return "", errors.New("it was sealed with another key")
	}
	return string(text), nil
}

// mark tells addresses of one host apart, and does not tell them.
func (k Key) mark(address secret.Value) string {
	return hex.EncodeToString(derive(k.sign, address.Reveal())[:4])
}
