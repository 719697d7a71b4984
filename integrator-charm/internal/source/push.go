package source

import (
	"net/url"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Push is what a server told of a change in one of its repositories.
type Push struct {
	// Repositories are the repository's names and addresses, as far as they were told.
	Repositories []string
	// Ref is the full name of what was pushed, such as refs/heads/main; empty where it was not told.
	Ref string
	// Default is the name of the repository's default branch, where it was told.
	Default string
}

// hosted is a source that lies in a repository.
type hosted interface {
	// home gives names by which the repository may be told, and the ref that is read, empty for the default branch.
	home() (names []string, ref string)
}

// Concerns says whether a push may have changed what the source has: all may that are not surely of another repository or another ref.
func (p Push) Concerns(source Source) bool {
	inRepository, is := source.(hosted)
	if !is {
		return true
	}
	names, ref := inRepository.home()
	return p.isIn(names) && p.isOf(ref)
}

func (p Push) isIn(names []string) bool {
	told := slices.DeleteFunc(slices.Clone(p.Repositories), func(name string) bool { return name == "" })
	return len(told) == 0 || slices.ContainsFunc(told, func(name string) bool {
		return slices.Contains(names, plainName(name))
	})
}

func (p Push) isOf(ref string) bool {
	switch {
	case p.Ref == "":
		return true
	case ref == "" || ref == plumbing.HEAD.String():
		return p.Default == "" || p.Ref == "refs/heads/"+p.Default
	default:
		return slices.Contains([]string{ref, "refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref}, p.Ref)
	}
}

// plainName makes one name of the ways to write a repository's address: host/owner/name, or owner/name without a host.
func plainName(text string) string {
	if scp.MatchString(text) {
		text = "ssh://" + strings.Replace(text, ":", "/", 1)
	}
	if address, err := url.Parse(text); err == nil && address.Host != "" {
		text = address.Hostname() + address.Path
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(text, "/"), ".git"))
}

func (g *github) home() (names []string, ref string) {
	name := g.owner + "/" + g.repository
	// The API of github.com has a host of its own; an Enterprise Server's has that of its pages.
	host := strings.TrimPrefix(g.api.Hostname(), "api.")
	return []string{plainName(name), plainName(host + "/" + name)}, g.ref
}

func (g *git) home() (names []string, ref string) {
	address, _, _ := strings.Cut(strings.TrimPrefix(g.shown, "git+"), "//"+g.path)
	return []string{plainName(address)}, g.ref
}
