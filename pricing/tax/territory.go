package tax

import "strings"

// VATState returns the state of the European Union whose VAT a place bears, as
// the prefix of its VAT numbers, or "" for a place outside of the VAT area.
// Articles 5 to 7 of Directive 2006/112/EC do not follow the map: Monaco counts
// as France and the British bases on Cyprus as Cyprus (art. 7), while the Canary
// Islands, Ceuta, Melilla, Mount Athos, Åland, the French departments overseas,
// Büsingen, Heligoland, Livigno and Campione d'Italia belong to a state but not to
// the area (art. 6). They are known by their own ISO codes where they have one and
// by their postal codes, so an address there needs its [Place.Postal].
//
// Northern Ireland, XI or GB with a postal code of Belfast (BT), is part of the
// area for goods only (Protocol on Ireland and Northern Ireland, art. 8); goods
// says which is asked. The Isle of Man counts as the United Kingdom, outside.
func VATState(p Place, goods bool) string {
	country, postal := vatPrefix(p.Country), foldPostal(p.Postal)
	switch country {
	case "MC":
		return "FR"
	case "GB":
		if strings.HasPrefix(postal, "BT") {
			country = "XI"
		}
	}
	if country == "XI" && !goods || !inUnion(country) {
		return ""
	}
	for _, prefix := range outsideOf[country] {
		if strings.HasPrefix(postal, prefix) {
			return ""
		}
	}
	return country
}

// outsideOf lists, by state, the beginnings of the postal codes of its
// territories outside of the VAT area. 98000 is Monaco, which has French codes.
var outsideOf = map[string][]string{
	"DE": {"27498", "78266"},                        // Heligoland, Büsingen
	"EL": {"63086", "63087"},                        // Mount Athos
	"ES": {"35", "38", "51", "52"},                  // Las Palmas, Tenerife, Ceuta, Melilla
	"FI": {"22"},                                    // Åland
	"FR": {"97", "984", "986", "987", "988", "989"}, // overseas
	"IT": {"23041", "22061"},                        // Livigno, Campione d'Italia
}

// foldPostal returns a postal code as it is compared: without spaces and dashes,
// letters in capitals. A country code in front, as in "ES-38001", stays.
func foldPostal(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(s))
}
