package source

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"path"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// gitLocal is a file in a repository on this machine, bare or not: what is committed there, not what lies in its work tree.
type gitLocal struct {
	directory, path, ref string
	options              Options
}

func parseGitLocal(address *url.URL, file string, options Options) (Source, *Error) {
	set, err := readSettings(address.RawQuery, "ref")
	if err != nil {
		return nil, err
	}
	if address.Host != "" || address.User != nil {
		return nil, failed(BadAddress, "git+file:// has a host in it; a repository of this machine has three strokes: git+file:///srv/state.git//path")
	}
	return &gitLocal{directory: address.Path, path: file, ref: set["ref"], options: options}, nil
}

func (g *gitLocal) String() string {
	return shownGit(&url.URL{Scheme: "git+file", Path: g.directory}, g.path, g.ref)
}

func (g *gitLocal) Fetch(ctx context.Context, have Revision) (Document, error) {
	return g.options.fetch(ctx, g.String(), have, g.get)
}

func (g *gitLocal) get(_ context.Context, have Revision) (Document, error) {
	repository, err := gogit.PlainOpenWithOptions(g.directory, &gogit.PlainOpenOptions{EnableDotGitCommonDir: true})
	if errors.Is(err, gogit.ErrRepositoryNotExists) {
		return Document{}, failed(Gone, "there is no git repository in %s, or it may not be read", g.directory)
	}
	if err != nil {
		return Document{}, failed(Unreachable, "the repository cannot be opened: %v", cause(err))
	}
	commit, err := repository.ResolveRevision(plumbing.Revision(cmp.Or(g.ref, "HEAD")))
	if err != nil {
		return Document{}, failed(Gone, "the repository has no branch, tag or commit %q", shorten(cmp.Or(g.ref, "HEAD")))
	}
	if Revision(commit.String()) == have {
		return Document{}, ErrUnchanged
	}
	data, err := fileAt(repository.Storer, *commit, g.path, g.options.Limits)
	return Document{Data: data, Revision: Revision(commit.String()), Name: path.Base(g.path)}, err
}
