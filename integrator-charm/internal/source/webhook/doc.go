// Package webhook takes the word of a server that a state file has changed: pushes from GitHub, GitLab, Gitea, Forgejo and Bitbucket, and
// from whoever can sign a request. A push is only ever a reason to look: nothing in it is believed but which repository to look at, and
// what is there is fetched from the source itself.
package webhook
