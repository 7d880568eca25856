package data

import (
	"net/url"

	"github.com/flywheel-go/flywheel/cart/order/paper"
)

// Letterhead is what invoices, credit notes and packing slips say of the store.
func Letterhead(language string) *paper.Shop {
	s := &paper.Shop{
		Name: Name, Address: []string{"Musterstraße 1", "10115 Berlin"}, TaxID: "DE123456789", Contact: Mailbox, Language: language,
		Date: "2006-01-02",
	}
	switch language {
	case "de":
		s.Date, s.Words = "02.01.2006", &paper.Words{
			Invoice: "Rechnung", CreditNote: "Rechnungskorrektur", PackingSlip: "Lieferschein",
			Number: "Nummer", Date: "Datum", Order: "Bestellung", Ordered: "Bestellt am", TaxID: "USt-IdNr.",
			BillTo: "Rechnung an", ShipTo: "Lieferung an",
			Item: "Artikel", Quantity: "Menge", TaxRate: "Steuersatz", Net: "Netto", Tax: "Steuer", Amount: "Betrag",
			Delivery: "Lieferung", Fee: "Einbehalt", Label: "Rücksendeschein", Price: "Preisnachlass", Received: "Schon erstattet",
			Total: "Summe", TaxAt: "Steuer zu", Exempt: "Steuerfrei.",
			Parcel: "Paket", Carrier: "Versand mit", Tracking: "Sendungsnummer", From: "Von",
		}
	case "zh":
		s.Words = &paper.Words{
			Invoice: "发票", CreditNote: "红字发票", PackingSlip: "装箱单",
			Number: "编号", Date: "日期", Order: "订单", Ordered: "下单日期", TaxID: "税号",
			BillTo: "购买方", ShipTo: "收货方",
			Item: "商品", Quantity: "数量", TaxRate: "税率", Net: "不含税", Tax: "税额", Amount: "金额",
			Delivery: "配送", Fee: "退货费", Label: "退货标签", Price: "降价", Received: "此前已退",
			Total: "合计", TaxAt: "税率", Exempt: "免税。",
			Parcel: "包裹", Carrier: "承运商", Tracking: "运单号", From: "发自",
		}
	}
	return s
}

// Carriers drive for the store.
var Carriers = []string{"DHL", "DPD", "Post AT"}

// Track is where a carrier shows how far a parcel is; nothing for one that is not known.
func Track(carrier, number string) string {
	at := map[string]string{
		"DHL":     "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=",
		"DPD":     "https://tracking.dpd.de/status/de_DE/parcel/",
		"Post AT": "https://www.post.at/sv/sendungsdetails?snr=",
	}[carrier]
	if at == "" || number == "" {
		return ""
	}
	return at + url.QueryEscape(number)
}
