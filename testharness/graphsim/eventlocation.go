package graphsim

import (
	"encoding/json"
	"strings"
)

// A place of an event is a text: a quoted name where there is no more to tell, else the finished JSON object of a location.

var (
	locationTypes   = [...]string{"default", "conferenceRoom", "homeAddress", "businessAddress", "geoCoordinates", "streetAddress", "hotel", "restaurant", "localBusiness", "postalAddress"}
	locationIDTypes = [...]string{"unknown", "locationStore", "directory", "private", "bing"}
)

// locationBody is a location as it is sent.
type locationBody struct {
	DisplayName          string          `json:"displayName"`
	LocationEmailAddress string          `json:"locationEmailAddress"`
	LocationURI          string          `json:"locationUri"`
	LocationType         string          `json:"locationType"`
	UniqueID             string          `json:"uniqueId"`
	UniqueIDType         string          `json:"uniqueIdType"`
	Address              *postalAddress  `json:"address"`
	Coordinates          *geoCoordinates `json:"coordinates"`
}

type geoCoordinates struct {
	Accuracy         *float64 `json:"accuracy,omitempty"`
	Altitude         *float64 `json:"altitude,omitempty"`
	AltitudeAccuracy *float64 `json:"altitudeAccuracy,omitempty"`
	Latitude         *float64 `json:"latitude,omitempty"`
	Longitude        *float64 `json:"longitude,omitempty"`
}

// decodePlaces reads locations; location is their names joined.
func decodePlaces(raw []byte, e *event) *apiError {
	var list []*locationBody
	if json.Unmarshal(raw, &list) != nil {
		return errDeserialize("Cannot read the value of 'location'.")
	}
	e.places = nil
	var names []string
	for _, p := range list {
		if p == nil || p.isEmpty() {
			continue
		}
		place, err := p.place()
		if err != nil {
			return err
		}
		e.places = append(e.places, place)
		if p.DisplayName != "" {
			names = append(names, p.DisplayName)
		}
	}
	e.location = quote(strings.Join(names, "; "))
	return nil
}

// isEmpty tells that a location says nothing, as the one does that Exchange sends for none. Empty parts of it are dropped.
func (p *locationBody) isEmpty() bool {
	if p.Address != nil && *p.Address == (postalAddress{}) {
		p.Address = nil
	}
	if p.Coordinates != nil && *p.Coordinates == (geoCoordinates{}) {
		p.Coordinates = nil
	}
	return p.DisplayName == "" && p.LocationEmailAddress == "" && p.LocationURI == "" && p.Address == nil && p.Coordinates == nil
}

// place is the text of a location.
func (p *locationBody) place() (text, *apiError) {
	kind, idKind := byte(0), byte(3)
	for _, f := range []struct {
		value string
		names []string
		into  *byte
	}{{p.LocationType, locationTypes[:], &kind}, {p.UniqueIDType, locationIDTypes[:], &idKind}} {
		if f.value == "" {
			continue
		}
		i := nameIndex(f.names, f.value)
		if i < 0 {
			return "", errDeserialize("Requested value '%s' was not found.", f.value)
		}
		*f.into = byte(i)
	}
	if p.UniqueID == "" {
		p.UniqueID = p.DisplayName
	}
	bare := p.LocationEmailAddress == "" && p.LocationURI == "" && p.Address == nil && p.Coordinates == nil
	if bare && kind == 0 && idKind == 3 && p.UniqueID == p.DisplayName {
		return quote(p.DisplayName), nil
	}
	w := writer{b: []byte{'{'}}
	w.str("displayName", p.DisplayName)
	if p.LocationURI != "" {
		w.str("locationUri", p.LocationURI)
	}
	if p.LocationEmailAddress != "" {
		w.str("locationEmailAddress", p.LocationEmailAddress)
	}
	w.word("locationType", locationTypes[kind])
	w.str("uniqueId", p.UniqueID)
	w.word("uniqueIdType", locationIDTypes[idKind])
	if p.Address != nil {
		w.raw("address", rawJSON(p.Address))
	}
	if p.Coordinates != nil {
		w.raw("coordinates", rawJSON(p.Coordinates))
	}
	return text(append(w.b, '}')), nil
}

// appendLocation writes the one location of an event: its only place, or the joined names of several.
func (e *event) appendLocation(b []byte) []byte {
	if len(e.places) == 1 {
		return appendPlace(b, e.places[0])
	}
	return appendPlace(b, e.location)
}

// appendPlace writes a location, an empty one as Exchange sends it.
func appendPlace(b []byte, place text) []byte {
	switch {
	case place == "" || place == emptyText:
		return append(b, `{"displayName":"","locationType":"default","uniqueIdType":"unknown","address":{},"coordinates":{}}`...)
	case place[0] == '{':
		return append(b, place...)
	}
	b = append(append(b, `{"displayName":`...), place...)
	b = append(append(b, `,"locationType":"default","uniqueId":`...), place...)
	return append(b, `,"uniqueIdType":"private"}`...)
}
