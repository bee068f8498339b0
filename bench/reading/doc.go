// Package reading measures how fast 10,000 events of about 2 KiB are paged from a
// local server into records by the Microsoft Graph connector, and by
// msgraph-sdk-go, the vendor's own library, into its own values. Server and
// readers are processes of their own, so that neither's memory counts for the
// other.
package reading
