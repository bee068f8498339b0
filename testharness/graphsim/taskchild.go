package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
)

// taskChild is a kind of thing below a task that comes inline with it: linked resources and checklist items. Each change of one changes its
// task, so that delta rounds bring the task again, as clients measured.
type taskChild[T any] struct {
	name   string // of the collection
	list   func(*task) *[]T
	id     func(T) string
	decode func(c *call, raw []byte, old T) (T, *apiError) // a zero old begins a new one
	append func(child T, b []byte, lead string) []byte
	// guarded are kinds whose changes are held back by the task's ETag in If-Match.
	guarded bool
}

// rows are the routes of the kind.
func (k taskChild[T]) rows() []route {
	at := "lists/{list}/tasks/{task}/" + k.name
	return []route{
		todoRow("GET", at, k.all),
		todoRow("POST", at, k.create),
		todoRow("GET", at+"/{child}", k.get),
		todoRow("PATCH", at+"/{child}", k.update),
		todoRow("DELETE", at+"/{child}", k.remove),
	}
}

func (k taskChild[T]) collection(c *call) string {
	return "todo/lists('" + c.vars["list"] + "')/tasks('" + c.vars["task"] + "')/" + k.name
}

func (k taskChild[T]) reply(c *call, status int, child T) *reply {
	return &reply{status: status, body: k.append(child, nil, c.context(k.collection(c)))}
}

// decodeAll reads the children in the body of a task.
func (k taskChild[T]) decodeAll(c *call, raw json.RawMessage) ([]T, *apiError) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of '%s'.", k.name)
	}
	var out []T
	for _, item := range list {
		var zero T
		child, err := k.decode(c, item, zero)
		if err != nil {
			return nil, err
		}
		out = append(out, child)
	}
	return out, nil
}

// write adds the children of a task to its JSON; without any the member is absent.
func (k taskChild[T]) write(w *writer, t *task) {
	if list := *k.list(t); len(list) > 0 {
		w.member(k.name)
		w.b = appendList(w.b, list, func(child T, b []byte) []byte { return k.append(child, b, "") })
	}
}

// find gives the handlers of one child its place in its task.
func (k taskChild[T]) find(c *call) (*taskList, *task, int, *apiError) {
	l, t, err := c.taskOfPath()
	if err != nil {
		return nil, nil, 0, err
	}
	i := slices.IndexFunc(*k.list(t), func(child T) bool { return k.id(child) == c.vars["child"] })
	if i < 0 {
		return nil, nil, 0, errItemNotFound()
	}
	if k.guarded && c.method != http.MethodGet {
		err = taskIfMatch(c, t.version)
	}
	return l, t, i, err
}

func (k taskChild[T]) all(c *call) (*reply, error) {
	_, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	return listPage(c, k.collection(c), *k.list(t), func(b []byte, child T) []byte { return k.append(child, b, "") }), nil
}

func (k taskChild[T]) create(c *call) (*reply, error) {
	l, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	var zero T
	child, err := k.decode(c, c.body, zero)
	if err != nil {
		return nil, err
	}
	list := k.list(t)
	*list = append(slices.Clone(*list), child)
	c.s.touchTask(l, t)
	return k.reply(c, http.StatusCreated, child), nil
}

func (k taskChild[T]) get(c *call) (*reply, error) {
	_, t, i, err := k.find(c)
	if err != nil {
		return nil, err
	}
	return k.reply(c, http.StatusOK, (*k.list(t))[i]), nil
}

func (k taskChild[T]) update(c *call) (*reply, error) {
	l, t, i, err := k.find(c)
	if err != nil {
		return nil, err
	}
	list := k.list(t)
	child, err := k.decode(c, c.body, (*list)[i])
	if err != nil {
		return nil, err
	}
	*list = slices.Clone(*list)
	(*list)[i] = child
	c.s.touchTask(l, t)
	return k.reply(c, http.StatusOK, child), nil
}

func (k taskChild[T]) remove(c *call) (*reply, error) {
	l, t, i, err := k.find(c)
	if err != nil {
		return nil, err
	}
	list := k.list(t)
	*list = slices.Delete(slices.Clone(*list), i, i+1)
	c.s.touchTask(l, t)
	return &reply{status: http.StatusNoContent}, nil
}
