package data

import (
	"github.com/flywheel-go/flywheel/campaign/message"
)

// Mails are what the store writes, by template and language. {hello} is the salutation,
// {link} where it leads, {stop} the link that ends letters of this kind.
var Mails = func() map[string]map[string]*message.Template {
	all := map[string]map[string]*message.Template{}
	for name, texts := range letters {
		all[name] = map[string]*message.Template{}
		for i, language := range Languages {
			t := texts[i]
			html := "<p>{hello}</p><p>" + t.body + "</p><p><a href=\"{link}\">" + t.link + "</a></p>"
			text := "{hello}\n\n" + t.body + "\n\n" + t.link + ": {link}\n"
			if t.stop != "" {
				html += "<p><small><a href=\"{stop}\">" + t.stop + "</a></small></p>"
				text += "\n" + t.stop + ": {stop}\n"
			}
			parsed, err := message.Parse(message.Source{Subject: t.subject, HTML: html, Text: text})
			if err != nil {
				panic(err) // the letters below are constants
			}
			all[name][string(language)] = parsed
		}
	}
	return all
}()

// Hello is the salutation of a letter.
func Hello(language, name string) string {
	switch {
	case language == "de" && name == "":
		return "Guten Tag,"
	case language == "de":
		return "Guten Tag " + name + ","
	case language == "zh":
		return name + "您好："
	case name == "":
		return "Hello,"
	}
	return "Hello " + name + ","
}

type letter struct{ subject, body, link, stop string }

const stopEn, stopDe, stopZh = "No more letters of this kind", "Keine solchen Briefe mehr", "不再接收此类邮件"

// letters in English, German and Chinese.
var letters = map[string][3]letter{
	"account/new": {
		{"Your account", "open your account with this link; it is good for a day.", "Choose a password", ""},
		{"Ihr Kundenkonto", "mit diesem Link öffnen Sie Ihr Konto; er gilt einen Tag.", "Passwort wählen", ""},
		{"您的账户", "请通过以下链接开通账户，链接一天内有效。", "设置密码", ""},
	},
	"account/known": {
		{"Your account", "you have an account with this address. If you forgot the password, choose a new one; the link is good for a day. If you did not ask for this, do nothing.", "Choose a new password", ""},
		{"Ihr Kundenkonto", "zu dieser Adresse gibt es ein Konto. Wenn Sie das Passwort vergessen haben, wählen Sie ein neues; der Link gilt einen Tag. Haben Sie nicht darum gebeten, ist nichts zu tun.", "Neues Passwort wählen", ""},
		{"您的账户", "该邮箱已有账户。如果忘记密码，请设置新密码，链接一天内有效。若非本人操作，请忽略。", "设置新密码", ""},
	},
	"order/confirmation": {
		{"Your order {number}", "thank you for your order {number} over {total}.", "See the order", ""},
		{"Ihre Bestellung {number}", "danke für Ihre Bestellung {number} über {total}.", "Bestellung ansehen", ""},
		{"您的订单 {number}", "感谢您的订单 {number}，金额 {total}。", "查看订单", ""},
	},
	"after-purchase/review": {
		{"How is it?", "your goods have been with you for a week. How are they? A review earns points.", "Write a review", stopEn},
		{"Wie ist es?", "die Ware ist seit einer Woche bei Ihnen. Wie ist sie? Eine Bewertung bringt Punkte.", "Bewertung schreiben", stopDe},
		{"用得怎么样？", "商品已送达一周，感觉如何？写评价可得积分。", "写评价", stopZh},
	},
	"welcome/hello": {
		{"Welcome", "good to have you here. Every euro earns a point.", "To the store", stopEn},
		{"Willkommen", "schön, dass Sie da sind. Jeder Euro bringt einen Punkt.", "Zum Laden", stopDe},
		{"欢迎", "很高兴见到您。每消费一欧元得一积分。", "去商店", stopZh},
	},
	"welcome/guide": {
		{"What others like", "this is what others like at the moment.", "To the store", stopEn},
		{"Was anderen gefällt", "das gefällt anderen gerade.", "Zum Laden", stopDe},
		{"大家喜欢的", "看看大家最近喜欢什么。", "去商店", stopZh},
	},
	"welcome/offer": {
		{"Ten per cent", "the code WELCOME takes ten per cent off.", "To the store", stopEn},
		{"Zehn Prozent", "der Gutschein WELCOME bringt zehn Prozent.", "Zum Laden", stopDe},
		{"九折优惠", "优惠码 WELCOME 可享九折。", "去商店", stopZh},
	},
	"cart-recovery/first":  cartLetters,
	"cart-recovery/second": cartLetters,
	"cart-recovery/last":   cartLetters,
	"watch/back": {
		{"{title} is back", "{title} is in stock again.", "See it", ""},
		{"{title} ist wieder da", "{title} ist wieder auf Lager.", "Ansehen", ""},
		{"{title} 已到货", "{title} 重新有货。", "查看", ""},
	},
	"watch/price": {
		{"{title} costs less", "{title} costs less now: {price}.", "See it", ""},
		{"{title} kostet weniger", "{title} kostet jetzt weniger: {price}.", "Ansehen", ""},
		{"{title} 降价了", "{title} 现在降价：{price}。", "查看", ""},
	},
}

var cartLetters = [3]letter{
	{"Your cart waits", "what you chose is still in your cart.", "To the cart", stopEn},
	{"Ihr Warenkorb wartet", "was Sie gewählt haben, liegt noch im Warenkorb.", "Zum Warenkorb", stopDe},
	{"购物车还在等您", "您选的商品还在购物车里。", "去购物车", stopZh},
}
