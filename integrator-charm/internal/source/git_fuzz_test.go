package source

import (
	"bytes"
	"io"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// Whatever a git server answers, it is refused or read: it ends neither the manager nor its patience.
func FuzzGitServer(f *testing.F) {
	const commit = "1111111111111111111111111111111111111111"
	f.Add([]byte("003d"+commit+" HEAD\x00symref=HEAD:refs/heads/main\n0000"), []byte("0008NAK\nPACK\x00\x00\x00\x02\x00\x00\x00\x00\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e"))
	f.Add([]byte("0000"), []byte("000dERR upps0000"))
	f.Add([]byte("ffff"), []byte("0008NAK\n0006\x01PACK"))
	f.Add([]byte("0031"+commit+" HEAD\x00\n"), []byte("0034shallow "+commit+"00000008NAK\nPACK\x00\x00\x00\x02\xff\xff\xff\xff"))
	limits := usualLimits
	limits.Pack = 1 << 20
	f.Fuzz(func(t *testing.T, advertised, answered []byte) {
		refs := packp.NewAdvRefs()
		if refs.Decode(bytes.NewReader(advertised)) == nil {
			_, _ = resolve(refs, "main")
		}
		for _, side := range []bool{false, true} {
			offered := packp.NewAdvRefs()
			if side {
				_ = offered.Capabilities.Set(capability.Sideband64k)
			}
			asked := wantsCommit(offered, plumbing.NewHash(commit))
			answer, err := decode(io.NopCloser(bytes.NewReader(answered)), asked)
			if err != nil {
				continue
			}
			dir := t.TempDir()
			if unpack(dir, answer, limits) == nil {
				_, _ = fileAt(openObjects(dir), plumbing.NewHash(commit), "state.yaml", limits)
			}
		}
	})
}
