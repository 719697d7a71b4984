package source

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"path"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// wantsCommit asks for one commit without those before it, and without the contents of files where these can be asked for apart.
func wantsCommit(refs *packp.AdvRefs, commit plumbing.Hash) *packp.UploadPackRequest {
	asked := wantsBlob(refs, commit)
	if refs.Capabilities.Supports(capability.Shallow) {
		set(asked, capability.Shallow)
		asked.Depth = packp.DepthCommits(1)
	}
	if refs.Capabilities.Supports(capability.Filter) && refs.Capabilities.Supports(capability.AllowReachableSHA1InWant) {
		set(asked, capability.Filter)
		asked.Filter = packp.FilterBlobNone()
	}
	return asked
}

// wantsBlob asks for one object as it is.
func wantsBlob(refs *packp.AdvRefs, blob plumbing.Hash) *packp.UploadPackRequest {
	asked := packp.NewUploadPackRequestFromCapabilities(refs.Capabilities)
	asked.Capabilities.Delete(capability.ThinPack)
	asked.Wants = []plumbing.Hash{blob}
	return asked
}

func set(asked *packp.UploadPackRequest, what capability.Capability) {
	_ = asked.Capabilities.Set(what) // of an argument alone it could complain, and these have none
}

// encode writes a request as git-upload-pack wants it from who has nothing yet.
func encode(to io.Writer, asked *packp.UploadPackRequest) error {
	if err := asked.UploadRequest.Encode(to); err != nil {
		return err
	}
	return pktline.NewEncoder(to).EncodeString("done\n")
}

// decode reads an answer up to its pack.
func decode(from io.ReadCloser, asked *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	answer := packp.NewUploadPackResponse(asked)
	if err := answer.Decode(from); err != nil {
		return nil, err
	}
	if !asked.Capabilities.Supports(capability.Sideband64k) && !asked.Capabilities.Supports(capability.Sideband) {
		return answer, nil
	}
	kind := sideband.Sideband
	if asked.Capabilities.Supports(capability.Sideband64k) {
		kind = sideband.Sideband64k
	}
	pack := struct {
		io.Reader
		io.Closer
	}{sideband.NewDemuxer(kind, answer), from}
	return packp.NewUploadPackResponseWithPackfile(asked, pack), nil
}

func packError(err error) error {
	var failure *Error
	var said *pktline.ErrorLine
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.As(err, &said):
		return failed(Gone, "the server does not hand out that commit: %q", shorten(said.Text))
	default:
		failure = failed(Unfinished, "the transfer from the repository broke off")
		return failure
	}
}

// unpack puts the objects of a pack into a directory.
func unpack(dir string, pack io.Reader, limits Limits) error {
	limited := &limitedPack{from: pack, left: limits.Pack}
	pack, err := countedPack(limited)
	if err != nil {
		return err
	}
	if err := packfile.UpdateObjectStorage(openObjects(dir), pack); err != nil {
		if limited.left < 0 {
			return failed(TooLarge, "one commit of the repository is more than %d MiB; keep the state file in a smaller one, "+
				"or read it through a server's API (github://) or as a file over https://", limits.Pack>>20)
		}
		return packError(err)
	}
	return nil
}

// maxObjects is how many objects a pack may say that it has: go-git makes room for all of them at once, when it has read the number.
// One commit of a repository of hundreds of thousands of files stays below.
const maxObjects = 1 << 20

// countedPack looks at the head of a pack (gitformat-pack(5)): PACK, a version, and how many objects follow.
func countedPack(pack io.Reader) (io.Reader, error) {
	const head = 12
	buffered := bufio.NewReader(pack)
	read, err := buffered.Peek(head)
	if err == nil && binary.BigEndian.Uint32(read[head-4:]) > maxObjects {
		return nil, failed(TooLarge, "one commit of the repository is said to have more than %d objects; keep the state file in a smaller one", maxObjects)
	}
	return buffered, nil // what is cut short is found out by who reads it
}

// openObjects sees the packs that are there when it is first asked.
func openObjects(dir string) *filesystem.Storage {
	return filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRU(cache.MiByte))
}

type limitedPack struct {
	from io.Reader
	left int64
}

var errPackLimit = errors.New("more than the limit for a pack")

func (l *limitedPack) Read(into []byte) (int, error) {
	n, err := l.from.Read(into)
	if l.left -= int64(n); l.left < 0 {
		return 0, errPackLimit
	}
	return n, err
}

// maxHops is how many links within the repository lead to a file at most.
const maxHops = 10

// fileAt reads a file of a commit; links are followed within the repository.
func fileAt(objects storer.EncodedObjectStorer, of plumbing.Hash, name string, limits Limits) ([]byte, error) {
	commit, err := object.GetCommit(objects, of)
	if err != nil {
		return nil, failed(BadAddress, "ref is not a commit's")
	}
	tree, err := commit.Tree()
	if err != nil {
		return nil, packError(err)
	}
	for range maxHops {
		entry, err := tree.FindEntry(name)
		switch {
		case err != nil:
			return nil, failed(Gone, "there is no such file in commit %s", of.String()[:12])
		case entry.Mode == filemode.Dir || entry.Mode == filemode.Submodule:
			return nil, failed(BadAddress, "is a directory or a submodule; name the file in it")
		}
		data, err := blob(objects, entry.Hash, limits)
		if err != nil || entry.Mode != filemode.Symlink {
			return data, err
		}
		if name = path.Join(path.Dir(name), string(data)); path.IsAbs(string(data)) || !isPath(name) {
			return nil, failed(BadAddress, "is a link out of the repository")
		}
	}
	return nil, failed(BadAddress, "is a link that leads in a circle")
}

// leftOut says that a file's contents are not in the pack.
type leftOut struct{ blob plumbing.Hash }

func (l *leftOut) Error() string { return "the contents of " + l.blob.String() + " were left out" }

func blob(objects storer.EncodedObjectStorer, hash plumbing.Hash, limits Limits) ([]byte, error) {
	size, err := objects.EncodedObjectSize(hash)
	switch {
	case errors.Is(err, plumbing.ErrObjectNotFound):
		return nil, &leftOut{hash}
	case err == nil && size > limits.Size:
		return nil, tooLarge(limits)
	}
	found, err := object.GetBlob(objects, hash)
	if err != nil {
		return nil, packError(err)
	}
	reader, err := found.Reader()
	if err != nil {
		return nil, packError(err)
	}
	defer reader.Close()
	return readAll(reader, limits)
}
