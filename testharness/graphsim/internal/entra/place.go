package entra

import (
	"net/url"
	"strings"
)

// consumersID is the tenant of personal accounts.
const consumersID = "9188040d-6c67-4c5b-b112-36a304b66dad"

// place is the tenant segment of a path.
type place int

const (
	placeTenant place = iota
	placeCommon
	placeOrganizations
	placeConsumers
)

func (s *Server) placeOf(segment string) (place, *Error) {
	name, err := url.PathUnescape(segment)
	if err != nil {
		name = segment
	}
	switch strings.ToLower(name) {
	case s.cfg.TenantID, s.cfg.Domain:
		return placeTenant, nil
	case "common":
		return placeCommon, nil
	case "organizations":
		return placeOrganizations, nil
	case "consumers", consumersID:
		return placeConsumers, nil
	default:
		return 0, fail(90002, name)
	}
}

// serves tells whether an app may be used at the place: a single-tenant app only at its tenant, and none of a company at that of personal
// accounts.
func (p place) serves(app *App) *Error {
	switch {
	case p == placeConsumers:
		return fail(9002332, app.ID, app.Name)
	case p != placeTenant && !app.MultiTenant:
		return fail(50194, app.ID, app.Name)
	default:
		return nil
	}
}

// leadsTo tells whether a code that was got at the place may be redeemed at another: at the same, or at the person's tenant (unconfirmed;
// entra-docs, page "reference-error-codes", AADSTS700005, asks for the same, public code redeems codes of /common at the tenant).
func (p place) leadsTo(other place) bool { return p == other || other == placeTenant }

// segment is the place as it stands in addresses of answers.
func (s *Server) segment(p place) string {
	switch p {
	case placeCommon:
		return "common"
	case placeOrganizations:
		return "organizations"
	case placeConsumers:
		return "consumers"
	default:
		return s.cfg.TenantID
	}
}
