package process

// Siblings returns the other processes between the same connections and objects,
// either direction, in the order of the text. Steps do not matter: an object read
// by a step is the same object.
func Siblings(f *File, p *Process) []Sibling {
	var out []Sibling
	for _, q := range f.Processes {
		if q.Name == p.Name {
			continue
		}
		switch {
		case sameObject(q.Source, p.Source) && sameObject(q.Target, p.Target):
			out = append(out, Sibling{Name: q.Name})
		case sameObject(q.Source, p.Target) && sameObject(q.Target, p.Source):
			out = append(out, Sibling{Name: q.Name, Reverse: true})
		}
	}
	return out
}

func sameObject(a, b Endpoint) bool { return a.Connection == b.Connection && a.Object == b.Object }
