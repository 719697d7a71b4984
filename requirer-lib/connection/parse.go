package connection

import (
	"maps"
	"slices"
)

// Parse reads a spec from JSON. It is strict: a field that there is not is refused, for a password in it would be kept. The error
// is Problems: all that is wrong.
func Parse(data []byte) (Spec, error) {
	found := &findings{}
	root, err := tree(data)
	if err != nil {
		found.add("", err.Error())
		return Spec{}, found.asError()
	}
	spec := found.spec(root)
	if _, is := root.(map[string]any); is {
		found.check(spec)
	}
	if err := found.asError(); err != nil {
		return Spec{}, err
	}
	return spec, nil
}

// reader takes fields out of one object; what is left is unknown.
type reader struct {
	*findings
	path   string
	fields map[string]any
}

// within begins to read an object, and says what to call at its end.
func (f *findings) within(path string, value any) (r reader, done func(), is bool) {
	fields, is := value.(map[string]any)
	if !is {
		f.add(path, "must be an object")
		return reader{}, nil, false
	}
	r = reader{f, path, maps.Clone(fields)}
	return r, r.refuseRest, true
}

// refuseRest tells of what nobody has read.
func (r reader) refuseRest() {
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		r.add(under(r.path, shown(name)), "is not a field of a connection")
	}
}

// take gives a field's value; nil where it is not there, or fault was found with it.
func (r reader) take(name string) any {
	value, isThere := r.fields[name]
	delete(r.fields, name)
	switch _, isTwice := value.(twice); {
	case isTwice:
		r.add(under(r.path, name), "is there twice")
		return nil
	case isThere && value == nil:
		r.add(under(r.path, name), "has no value: leave it out")
	}
	return value
}

// text reads one that is there for something.
func (r reader) text(name string) string {
	isEmpty := r.fields[name] == ""
	text := r.anyText(name)
	if isEmpty {
		r.add(under(r.path, name), "is empty: leave it out")
	}
	return text
}

func (r reader) anyText(name string) string {
	value := r.take(name)
	text, is := value.(string)
	if !is && value != nil {
		r.add(under(r.path, name), "must be a text")
	}
	return text
}

func (r reader) texts(name string) (all []string) {
	value := r.take(name)
	items, is := value.([]any)
	if !is && value != nil {
		r.add(under(r.path, name), "must be a list of texts")
	}
	for _, item := range items {
		text, is := item.(string)
		if !is {
			r.add(under(r.path, name), "must be a list of texts")
			return nil
		}
		all = append(all, text)
	}
	return all
}

func (r reader) textsByName(name string) map[string]string {
	value := r.take(name)
	if value == nil {
		return nil
	}
	fields, is := value.(map[string]any)
	is = is && len(fields) > 0
	texts := make(map[string]string, len(fields))
	for key, each := range fields {
		text, isText := each.(string)
		is = is && isText
		texts[key] = text
	}
	if !is {
		r.add(under(r.path, name), "must be an object of texts")
		return nil
	}
	return texts
}

const wantReference = "must be a reference, {\"secret\": NAME, \"key\": KEY} or {\"env\": NAME}: a spec has no secrets in it"

func (r reader) reference(name string) *Reference {
	value := r.take(name)
	if value == nil {
		return nil
	}
	fields, is := value.(map[string]any)
	if !is {
		r.add(under(r.path, name), wantReference)
		return nil
	}
	var of Reference
	for key, into := range map[string]*string{"env": &of.Env, "secret": &of.Secret, "key": &of.Key} {
		part, isThere := fields[key]
		delete(fields, key)
		if *into, is = part.(string); isThere && (!is || *into == "") {
			r.add(under(r.path, name), wantReference)
			return nil
		}
	}
	if len(fields) > 0 {
		r.add(under(r.path, name), wantReference)
		return nil
	}
	return &of
}

// sub reads an object in the object; nil where it is not there.
func sub[T any](r reader, name string, read func(reader) T) *T {
	value := r.take(name)
	if value == nil {
		return nil
	}
	inner, done, is := r.within(under(r.path, name), value)
	if !is {
		return nil
	}
	defer done()
	of := read(inner)
	return &of
}
