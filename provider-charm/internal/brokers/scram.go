package brokers

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// What a server may ask for: fewer iterations would let one that is not Kafka try out passwords on what it is told (RFC 5802, 9; Kafka's
// own client refuses them as well), more would have this unit compute for hours.
const (
	fewestIterations = 4096
	mostIterations   = 1 << 20
)

// scram is RFC 5802 without channel binding, as Kafka does it: the texts are taken as they are.
type scram struct {
	access Access
	hash   func() hash.Hash
	nonce  string
	first  string // what was said first, without its header
	verify []byte // what the server has to prove
	turn   int
}

func newSCRAM(a Access) *scram {
	exchange := &scram{access: a, hash: sha512.New, nonce: rand.Text()}
	if a.Mechanism == SCRAM256 {
		exchange.hash = sha256.New
	}
	return exchange
}

func (s *scram) step(said []byte) (say []byte, done bool, err error) {
	s.turn++
	switch s.turn {
	case 1:
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.access.Username)
		s.first = "n=" + name + ",r=" + s.nonce
		return []byte("n,," + s.first), false, nil
	case 2:
		say, err = s.prove(string(said))
		return say, false, err
	}
	proof, err := base64.StdEncoding.DecodeString(attributes(string(said))["v"])
	if err != nil || !hmac.Equal(proof, s.verify) {
		return nil, true, errors.New("the server does not prove that it knows the user: it is not Kafka that answers")
	}
	return nil, true, nil
}

// prove shows that the password is known, without telling it.
func (s *scram) prove(challenge string) ([]byte, error) {
	asked := attributes(challenge)
	salt, err := base64.StdEncoding.DecodeString(asked["s"])
	iterations, numberErr := strconv.Atoi(asked["i"])
	if err := errors.Join(err, numberErr); err != nil || !strings.HasPrefix(asked["r"], s.nonce) || iterations < fewestIterations || iterations > mostIterations {
		return nil, errors.New("the server's challenge is not one of SCRAM")
	}
	salted, err := pbkdf2.Key(s.hash, s.access.Password.Reveal(), salt, iterations, s.hash().Size())
	if err != nil {
		return nil, fmt.Errorf("derive the key of SCRAM: %w", err)
	}
	final := "c=biws,r=" + asked["r"]
	whole := s.first + "," + challenge + "," + final
	key := s.mac(salted, "Client Key")
	stored := s.hash()
	stored.Write(key)
	proof := s.mac(stored.Sum(nil), whole)
	for i := range proof {
		proof[i] ^= key[i]
	}
	s.verify = s.mac(s.mac(salted, "Server Key"), whole)
	return []byte(final + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

func (s *scram) mac(key []byte, text string) []byte {
	sum := hmac.New(s.hash, key)
	sum.Write([]byte(text))
	return sum.Sum(nil)
}

// attributes splits "r=…,s=…,i=…".
func attributes(text string) map[string]string {
	read := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(part, "="); ok {
			read[key] = value
		}
	}
	return read
}
