package referral

import (
	"slices"
	"strings"
)

// providers whose mailboxes ignore dots, and those that take a tag behind a sign
// other than plus.
var (
	dotless = []string{"gmail.com", "googlemail.com"}
	dashed  = []string{"yahoo.com", "ymail.com", "rocketmail.com"}
	// domains of one provider under several names.
	sameDomain = map[string]string{
		"googlemail.com": "gmail.com", "pm.me": "proton.me", "protonmail.com": "proton.me", "protonmail.ch": "proton.me",
		"me.com": "icloud.com", "mac.com": "icloud.com", "yandex.com": "yandex.ru", "ya.ru": "yandex.ru",
	}
)

// Mailbox returns what identifies the mailbox of an address: in lower case, without
// a tag behind a plus, without dots where the provider ignores them, and with one
// name for a provider of several. What is no address comes back trimmed and in lower
// case. It is for comparing, never for writing to.
func Mailbox(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || at == len(address)-1 {
		return address
	}
	local, domain := address[:at], strings.TrimSuffix(address[at+1:], ".")
	if head, _, tagged := strings.Cut(local, "+"); tagged && head != "" {
		local = head
	}
	if slices.Contains(dashed, domain) {
		if head, _, tagged := strings.Cut(local, "-"); tagged && head != "" {
			local = head
		}
	}
	if slices.Contains(dotless, domain) {
		if plain := strings.ReplaceAll(local, ".", ""); plain != "" {
			local = plain
		}
	}
	if one, ok := sameDomain[domain]; ok {
		domain = one
	}
	return local + "@" + domain
}
