package page

// words are what the pages say, by key: German, Chinese. English is the key.
var words = map[string][2]string{
	"Delivered by a dated day": {"Lieferung mit Datum", "配送日期明确"}, "30 days to give back": {"30 Tage Rückgabe", "30天内可退货"}, "Prices include tax": {"Preise mit Steuer", "价格含税"},
	"the price was": {"der Preis war", "原价为"}, "and is now": {"und ist jetzt", "现价为"}, "there is no price any more.": {"es gibt keinen Preis mehr.", "该商品已无价格。"},
	"Your order": {"Ihre Bestellung", "您的订单"}, "Tax": {"Steuer", "税费"},
	"Search": {"Suchen", "搜索"}, "Cart": {"Warenkorb", "购物车"}, "Home": {"Start", "首页"}, "All goods": {"Alle Waren", "全部商品"},
	"Bestsellers": {"Beliebt", "热销"}, "Add to cart": {"In den Warenkorb", "加入购物车"}, "In stock": {"Auf Lager", "有货"}, "Sold out": {"Ausverkauft", "缺货"},
	"from": {"ab", "起"}, "Quantity": {"Menge", "数量"}, "Update": {"Ändern", "更新"}, "Remove": {"Entfernen", "移除"}, "Checkout": {"Zur Kasse", "结账"},
	"Your cart is empty.": {"Der Warenkorb ist leer.", "购物车是空的。"}, "Address": {"Adresse", "地址"}, "Delivery": {"Lieferung", "配送"}, "Payment": {"Zahlung", "付款"},
	"Review": {"Prüfen", "确认"}, "E-mail": {"E-Mail", "电子邮件"}, "Name": {"Name", "姓名"}, "Street and number": {"Straße und Hausnummer", "街道门牌"}, "Postcode": {"Postleitzahl", "邮编"},
	"City": {"Ort", "城市"}, "Country": {"Land", "国家"}, "Continue": {"Weiter", "继续"}, "Edit": {"Ändern", "修改"}, "Place order": {"Zahlungspflichtig bestellen", "提交订单"},
	"Code": {"Gutschein", "优惠码"}, "Use": {"Einlösen", "使用"}, "Total": {"Summe", "合计"}, "Subtotal": {"Zwischensumme", "小计"}, "Discount": {"Rabatt", "折扣"},
	"Tax included": {"enthaltene Steuer", "含税"}, "arrives": {"kommt", "送达"}, "Thank you for your order": {"Danke für die Bestellung", "感谢您的订单"}, "Order": {"Bestellung", "订单"},
	"We sent a confirmation to": {"Die Bestätigung ging an", "确认函已发送至"}, "Give back": {"Zurückgeben", "退货"}, "Card": {"Karte", "银行卡"}, "free": {"kostenlos", "免费"},
	"Nothing was found. Try another word.": {"Nichts gefunden. Ein anderes Wort hilft vielleicht.", "没有结果，请换个词。"}, "Did you mean": {"Meinten Sie", "您是不是要找"}, "applied": {"gewählt", "已选"},
	"Your bank asks you to confirm the payment.": {"Die Bank bittet, die Zahlung zu bestätigen.", "银行请您确认付款。"}, "Confirm": {"Bestätigen", "确认"}, "Refuse": {"Ablehnen", "拒绝"},
	"Somebody pressed the button twice? The order is placed once.": {"Zweimal gedrückt? Bestellt wird einmal.", "重复点击也只会下单一次。"}, "Color": {"Farbe", "颜色"},
	"We call only if the parcel cannot be delivered.": {"Wir rufen nur an, wenn das Paket nicht ankommt.", "仅在无法投递时致电。"}, "Phone (optional)": {"Telefon (freiwillig)", "电话（选填）"},
	"Next we pack your goods and hand them to the carrier; you can follow the parcel here.": {"Als Nächstes packen wir die Ware und geben sie dem Zusteller; hier sehen Sie, wo das Paket ist.", "接下来我们会打包并交给承运商，您可在此查看包裹进度。"},
	"They go to": {"Sie geht an", "寄往"}, "Exchange for another": {"Gegen anderes tauschen", "换货"}, "Exchange for": {"Tauschen gegen", "换成"}, "Exchange": {"Tauschen", "换货"}, "How many": {"Wie viele", "数量"},
	"Ordered for you": {"Wird für Sie bestellt", "为您订购"}, "We do not know the day yet on which it comes to us.": {"Wir wissen noch nicht, an welchem Tag es zu uns kommt.", "尚不清楚到货日期。"}, "day not known yet": {"Tag noch nicht bekannt", "日期未定"},
	"Payment method": {"Zahlart", "支付方式"}, "This is no payment method of Stripe; never type a card number here.": {"Das ist keine Zahlart von Stripe; geben Sie hier nie eine Kartennummer ein.", "这不是 Stripe 支付方式；请勿在此输入卡号。"},
	"To the bank": {"Zur Bank", "前往银行"}, "This store is on Stripe in test: type a payment method such as pm_card_visa. In a shop of yours Stripe's own form stands here.": {"Dieser Laden läuft auf Stripe im Test: Geben Sie eine Zahlart wie pm_card_visa ein. In Ihrem eigenen Laden steht hier das Formular von Stripe.", "本店处于 Stripe 测试模式：请输入支付方式，例如 pm_card_visa。正式商店此处为 Stripe 的表单。"},
	"Collections": {"Sammlungen", "系列"}, "Suggestions": {"Vorschläge", "建议"}, "View in 3D": {"In 3D ansehen", "查看3D"}, "Turn it with the mouse or the arrow keys.": {"Drehen Sie es mit der Maus oder den Pfeiltasten.", "用鼠标或方向键旋转。"},
	"In the cart:": {"Im Warenkorb:", "已加入购物车："}, "Parcels": {"Pakete", "包裹"}, "Packing slip": {"Lieferschein", "装箱单"}, "What comes back": {"Was zurückkommt", "退回商品"}, "Papers": {"Belege", "单据"},
	"“%s” is empty.": {"„%s“ ist leer.", "“%s”不能为空。"}, "“%s” is no e-mail address such as anna@example.com.": {"„%s“ ist keine E-Mail-Adresse wie anna@example.com.", "“%s”不是邮箱地址，例如 anna@example.com。"},
	"“%s” is no postcode of Germany: those have five digits.":                {"„%s“ ist keine deutsche Postleitzahl: die haben fünf Ziffern.", "“%s”不是德国邮编：应为五位数字。"},
	"“%s” is no postcode of Austria: those have four digits.":                {"„%s“ ist keine österreichische Postleitzahl: die haben vier Ziffern.", "“%s”不是奥地利邮编：应为四位数字。"},
	"“%s” is no ZIP code: those have five digits, or nine as in 10001-1234.": {"„%s“ ist kein ZIP-Code: der hat fünf Ziffern, oder neun wie 10001-1234.", "“%s”不是美国邮编：应为五位数字，或如 10001-1234 的九位。"},
	"“%s” is no postcode of China: those have six digits.":                   {"„%s“ ist keine chinesische Postleitzahl: die haben sechs Ziffern.", "“%s”不是中国邮编：应为六位数字。"},
	"We do not deliver to “%s”.":                                             {"Nach „%s“ liefern wir nicht.", "暂不寄往“%s”。"}, "We know this postcode with another place. Is this right?": {"Zu dieser Postleitzahl kennen wir einen anderen Ort. Ist er richtig?", "该邮编对应另一个城市，是否正确？"},
	"Take": {"Nehmen:", "采用"}, "Keep what I typed": {"Meine Angabe behalten", "保留我的输入"}, "Use this card": {"Diese Karte nehmen", "使用此卡"}, "Numbers to try": {"Nummern zum Ausprobieren", "测试卡号"}, "declined": {"abgelehnt", "会被拒绝"},
	"Card number": {"Kartennummer", "卡号"}, "Valid until (MM/YY)": {"Gültig bis (MM/JJ)", "有效期 (MM/YY)"}, "A card number has digits only.": {"Eine Kartennummer hat nur Ziffern.", "卡号只能是数字。"},
	"This number has %s digits; a card has 12 to 19.": {"Diese Nummer hat %s Ziffern; eine Karte hat 12 bis 19.", "该卡号有%s位，应为12至19位。"}, "“%s” is no card number: it has 12 to 19 digits.": {"„%s“ ist keine Kartennummer: die hat 12 bis 19 Ziffern.", "“%s”不是卡号：应为12至19位数字。"},
	"One digit of this number is wrong, or two changed places.": {"Eine Ziffer dieser Nummer ist falsch, oder zwei sind vertauscht.", "卡号有误：某位数字错误或两位颠倒。"},
	"“%s” is no month and year as on the card, such as 07/28.":  {"„%s“ ist kein Monat und Jahr wie auf der Karte, etwa 07/28.", "“%s”不是卡上的月/年，例如 07/28。"}, "This card ended in %s.": {"Diese Karte galt bis %s.", "此卡已于%s过期。"},
}

// say translates; what nobody translated stays English.
func say(language, text string) string {
	at := map[string]int{"de": 1, "zh": 2}[language]
	if w, ok := codes[text]; ok {
		return w[at]
	}
	w, ok := words[text]
	if !ok {
		w, ok = memberWords[text]
	}
	if !ok || at == 0 {
		return text
	}
	return w[at-1]
}
