package graphsim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// room is what a room's mailbox is besides a user: a place to book (microsoft-graph-docs, page "room"). Rooms are users without a licence
// whose account is disabled.
type room struct {
	Capacity                 int
	Building, FloorLabel     string
	Floor                    int
	Label, Phone             string
	Tags                     []string
	WheelChair               bool
	Audio, Video, Display    string
	Street, City, PostalCode string
	Latitude, Longitude      float64
}

// roomList is a list of rooms with an address of its own.
type roomList struct {
	ID, Name, Mail string
	Rooms          []string // ids of users
}

// maxPlaces is the page size of places; that $top may not be more is unconfirmed.
const maxPlaces = 100

// appendPlace writes what rooms and room lists have in common.
func (c *call) appendPlace(w *writer, id, name, mail string, r *room) {
	w.word("id", id)
	w.str("emailAddress", mail)
	w.str("displayName", name)
	if w.key("address") {
		w.b = append(w.b, rawJSON(map[string]string{"street": r.Street, "city": r.City, "state": "", "postalCode": r.PostalCode, "countryOrRegion": "Deutschland"})...)
	}
	if w.key("geoCoordinates") {
		w.b = append(w.b, rawJSON(map[string]float64{"latitude": r.Latitude, "longitude": r.Longitude})...)
	}
	w.str("phone", r.Phone)
}

func (c *call) appendRoom(b []byte, u *user) []byte {
	r := u.room
	w := writer{b: append(b, '{'), sel: c.query.selection()}
	c.appendPlace(&w, u.placeID(), u.name, u.smtp(), r)
	w.str("nickname", u.name)
	w.str("label", r.Label)
	w.raw("capacity", itoa(r.Capacity))
	w.str("building", r.Building)
	w.raw("floorNumber", itoa(r.Floor))
	w.str("floorLabel", r.FloorLabel)
	w.bool("isWheelChairAccessible", r.WheelChair)
	w.word("bookingType", "standard")
	w.raw("tags", rawJSON(slices.Concat([]string{}, r.Tags)))
	for _, device := range [][2]string{{"audioDeviceName", r.Audio}, {"videoDeviceName", r.Video}, {"displayDeviceName", r.Display}} {
		if device[1] == "" {
			w.null(device[0])
		} else {
			w.str(device[0], device[1])
		}
	}
	return append(w.b, '}')
}

// placeID is the id of a room as a place, which is not the user's.
func (u *user) placeID() string {
	return formatGUID(uidBytes(keyOf("place", u.id), keyOf(u.id)))
}

// placePage answers with places, which take $filter, $select, $top, $skip and $count (microsoft-graph-docs, page "place-list").
func placePage[T any](c *call, collection string, items []T, encode func([]byte, T) []byte) (*reply, error) {
	for _, option := range []string{"orderby", "search", "expand"} {
		if c.query.Has(option) {
			return nil, fail(http.StatusBadRequest, "ErrorInvalidUrlQuery", "The query option '$%s' is not supported.", option)
		}
	}
	if err := c.checkExchange(c.route.list); err != nil {
		return nil, err
	}
	return listPage(c, collection, items, encode), nil
}

func listRooms(c *call) (*reply, error) {
	var rooms []*user
	for _, u := range c.s.tenant.users {
		if u.room != nil {
			rooms = append(rooms, u)
		}
	}
	return placePage(c, "places/microsoft.graph.room", rooms, c.appendRoom)
}

func listRoomLists(c *call) (*reply, error) {
	return placePage(c, "places/microsoft.graph.roomList", c.s.tenant.roomLists, func(b []byte, l *roomList) []byte {
		w := writer{b: append(b, '{'), sel: c.query.selection()}
		c.appendPlace(&w, l.ID, l.Name, l.Mail, &room{})
		return append(w.b, '}')
	})
}

// listRoomsOfList answers with the rooms of a list, which is named by its address; its id will not do.
func listRoomsOfList(c *call) (*reply, error) {
	key := c.vars["place"]
	i := slices.IndexFunc(c.s.tenant.roomLists, func(l *roomList) bool { return strings.EqualFold(l.Mail, key) })
	if i < 0 {
		return nil, errItemNotFound()
	}
	var rooms []*user
	for _, id := range c.s.tenant.roomLists[i].Rooms {
		if u := c.s.tenant.byID[id]; u != nil && u.room != nil {
			rooms = append(rooms, u)
		}
	}
	return placePage(c, "places('"+url.PathEscape(key)+"')/microsoft.graph.roomList/rooms", rooms, c.appendRoom)
}
