package source

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// git is a file in a repository, read from a remote as `git fetch --depth=1` would, and without a git program. Its revision is the commit.
//
//	a conversation   ◄── refs: where each branch and tag is      no ref has moved: that was all
//	                 ──► the commit that is wanted, alone
//	                 ◄── a pack of it                            unpacked beside, and thrown away when the file is read
//	another          ◄─► the file, where the pack has none
//
// go-git's own transports would do the talking too, but connect over SSH without a deadline, and bound neither answer.
type git struct {
	remote  remote
	shown   string
	path    string
	ref     string
	options Options
}

// remote reaches git-upload-pack of one repository.
type remote interface {
	// converse begins a conversation. It ends with its context.
	converse(ctx context.Context) (conversation, error)
}

// conversation is one with git-upload-pack, as gitprotocol-pack(5) has it.
type conversation interface {
	// refs reads what the server has. It is called once, first.
	refs() (*packp.AdvRefs, error)
	// request asks for objects, and reads the answer: whether it is shallow, and a pack.
	request(asked *packp.UploadPackRequest) (*packp.UploadPackResponse, error)
	close()
}

func parseGit(address *url.URL, options Options) (Source, *Error) {
	transport := strings.TrimPrefix(address.Scheme, "git+")
	repository, file, _ := strings.Cut(strings.TrimPrefix(address.Path, "/"), "//")
	if repository == "" || !isPath(file) {
		return nil, failed(BadAddress,
			"write git+https://host/repository.git//path/of/the/file?ref=branch; two strokes divide the repository from the path")
	}
	bare := *address
	bare.Scheme, bare.Path, bare.RawPath, bare.Fragment = transport, "/"+repository, "", ""
	if transport == "file" {
		return parseGitLocal(&bare, file, options)
	}
	parseRemote := parseGitWeb
	if transport == "ssh" {
		parseRemote = parseGitSSH
	}
	set, remote, err := parseRemote(&bare, options)
	if err != nil {
		return nil, err
	}
	bare.Scheme = address.Scheme
	return &git{remote: remote, shown: shownGit(&bare, file, set["ref"]), path: file, ref: set["ref"], options: options}, nil
}

func shownGit(repository *url.URL, file, ref string) string {
	shown := url.URL{Scheme: repository.Scheme, Host: repository.Host, Path: repository.Path + "//" + file}
	if ref != "" {
		shown.RawQuery = url.Values{"ref": {ref}}.Encode()
	}
	return shown.String()
}

func (g *git) String() string { return g.shown }

func (g *git) Fetch(ctx context.Context, have Revision) (Document, error) {
	return g.options.fetch(ctx, g.shown, have, g.get)
}

func (g *git) get(ctx context.Context, have Revision) (Document, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	talk, err := g.remote.converse(ctx)
	if err != nil {
		return Document{}, err
	}
	defer talk.close()
	refs, err := talk.refs()
	if err != nil {
		return Document{}, refsError(err)
	}
	commit, err := resolve(refs, g.ref)
	if err != nil {
		return Document{}, err
	}
	if Revision(commit.String()) == have {
		return Document{}, ErrUnchanged
	}
	data, err := g.read(ctx, talk, refs, commit)
	return Document{Data: data, Revision: Revision(commit.String()), Name: path.Base(g.path)}, err
}

// read takes the file out of the commit. Where the server can leave file contents out, it does, and the few that matter are asked for
// apart: of a large repository, the directories are all that comes.
func (g *git) read(ctx context.Context, talk conversation, refs *packp.AdvRefs, commit plumbing.Hash) ([]byte, error) {
	dir, err := os.MkdirTemp("", "connect-manager-git-")
	if err != nil {
		return nil, failed(BadSettings, "no room to unpack the repository: %v", cause(err))
	}
	defer os.RemoveAll(dir)
	if err := g.unpack(dir, talk, wantsCommit(refs, commit)); err != nil {
		return nil, err
	}
	for range maxHops {
		data, err := fileAt(openObjects(dir), commit, g.path, g.options.Limits)
		var left *leftOut
		if !errors.As(err, &left) {
			return data, err
		}
		if err := g.fetchBlob(ctx, dir, left.blob); err != nil {
			return nil, err
		}
	}
	return nil, failed(Unexpected, "the server does not hand out the file's contents")
}

// unpack asks for objects, and puts them into a directory.
func (g *git) unpack(dir string, talk conversation, asked *packp.UploadPackRequest) error {
	answer, err := talk.request(asked)
	if err != nil {
		return packError(err)
	}
	defer answer.Close()
	return unpack(dir, answer, g.options.Limits)
}

// fetchBlob asks for the contents of one file, in a conversation of its own: git-upload-pack answers one request.
func (g *git) fetchBlob(ctx context.Context, dir string, blob plumbing.Hash) error {
	talk, err := g.remote.converse(ctx)
	if err != nil {
		return err
	}
	defer talk.close()
	refs, err := talk.refs()
	if err != nil {
		return refsError(err)
	}
	return g.unpack(dir, talk, wantsBlob(refs, blob))
}

func refsError(err error) error {
	var failure *Error
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, packp.ErrEmptyAdvRefs):
		return failed(Gone, "the repository is empty; nothing was pushed to it yet")
	default:
		failure = failed(Unreachable, "no git repository answers there; is the address right?")
		return failure
	}
}

// resolve finds the commit that a ref is at: a branch, a tag, a full name, or the commit itself; without one, the default branch.
func resolve(refs *packp.AdvRefs, ref string) (plumbing.Hash, error) {
	if ref == "" || ref == plumbing.HEAD.String() {
		if refs.Head == nil {
			return plumbing.ZeroHash, failed(Gone, "the repository has no default branch; name one with ref")
		}
		return *refs.Head, nil
	}
	for _, name := range []string{ref, "refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref} {
		if commit, annotated := refs.Peeled[name]; annotated {
			return commit, nil
		}
		if commit, there := refs.References[name]; there {
			return commit, nil
		}
	}
	if plumbing.IsHash(ref) {
		return plumbing.NewHash(ref), nil
	}
	return plumbing.ZeroHash, failed(Gone, "the repository has no branch or tag %q, nor is that a whole commit's name", shorten(ref))
}
