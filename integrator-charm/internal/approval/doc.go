// Package approval has changes wait until people have agreed to them.
//
// Rules say which changes, and who has to agree; they are a pure function of a change. The changes of a cluster that wait are one
// plan, known by a digest of its content: what was agreed to is exactly that. When the plan becomes another one, it begins anew. What
// was agreed to, by whom, when, and what happened then is kept, as a report.
//
// The package does not apply anything, and does not know who somebody is: a name comes from whoever let that person in.
package approval
