package overlay

// MovedTo is the overlay where workers find its files by other references than before, as when the relation that they were brought by has
// ended and another has come. A secret that only the workers knew stays what it is: nobody can bring it anew.
func (o Overlay) MovedTo(reference func(file string) string) (moved Overlay, is bool) {
	moved = o.clone()
	for name, key := range o.Keys {
		if key.File == "" || key.Reference == reference(key.File) {
			continue
		}
		key.Reference, is = reference(key.File), true
		moved.Keys[name] = key
	}
	return moved, is
}
