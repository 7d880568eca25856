package page

// memberWords are those of the pages about members and voices: German, Chinese.
var memberWords = map[string][2]string{
	"A friend invites you": {"Eine Freundin, ein Freund lädt Sie ein", "朋友邀请您"}, "Account": {"Konto", "账户"},
	"A password has at least ten characters.": {"Ein Passwort hat mindestens zehn Zeichen.", "密码至少十个字符。"},
	"Account, cart, points, reviews and what was learned are gone for good. Orders stay in the books without your name.": {"Konto, Warenkorb, Punkte, Bewertungen und alles Gelernte sind dann für immer weg. Bestellungen bleiben ohne Ihren Namen in den Büchern.", "账户、购物车、积分、评价及学习到的信息将永久删除。订单保留在账簿中，但不含您的姓名。"},
	"Add an address": {"Adresse hinzufügen", "添加地址"}, "Addresses": {"Adressen", "地址簿"}, "Answer": {"Antwort", "回答"}, "Ask a question": {"Eine Frage stellen", "提问"},
	"Average": {"Durchschnitt", "平均"}, "Bought together": {"Zusammen gekauft", "一起购买"}, "Bring a friend": {"Freunde einladen", "邀请朋友"}, "Change my name": {"Namen ändern", "修改姓名"},
	"Choose a new password": {"Neues Passwort wählen", "设置新密码"}, "Date": {"Datum", "日期"}, "End them": {"Beenden", "停止接收"}, "Erase everything": {"Alles löschen", "全部删除"}, "Erased": {"Gelöscht", "已删除"},
	"Everything that the store keeps of me, to take along": {"Alles, was der Laden über mich aufbewahrt, zum Mitnehmen", "导出商店保存的我的全部数据"}, "For": {"Für", "事由"}, "For you": {"Für Sie", "为您推荐"}, "From": {"Von", "从"},
	"Gift card": {"Geschenkkarte", "礼品卡"}, "Gift card, points, credit": {"Geschenkkarte, Punkte, Guthaben", "礼品卡、积分、余额"}, "How they came about": {"Wie sie zustande kamen", "积分明细"},
	"Letters about offers and what I left in the cart. I can end them at any time.": {"Briefe über Angebote und was im Warenkorb liegen blieb. Ich kann sie jederzeit beenden.", "接收优惠和购物车提醒邮件，可随时取消。"},
	"Log in": {"Anmelden", "登录"}, "Log in to write a review or ask a question.": {"Zum Bewerten oder Fragen bitte anmelden.", "登录后可写评价或提问。"}, "Log out": {"Abmelden", "退出"}, "Look into your mail": {"Bitte sehen Sie in Ihre Post", "请查收邮件"},
	"My data": {"Meine Daten", "我的数据"}, "New here, or password forgotten?": {"Neu hier oder Passwort vergessen?", "新用户或忘记密码？"}, "No card": {"Keine Karte", "不用银行卡"}, "No more letters": {"Keine Briefe mehr", "不再接收邮件"},
	"No orders yet.": {"Noch keine Bestellungen.", "暂无订单。"}, "Nobody has written a review yet.": {"Noch hat niemand bewertet.", "还没有评价。"}, "Not": {"Nicht", "没有"}, "Open an account": {"Konto eröffnen", "开通账户"},
	"Open an account here. When your first order can no longer come back, you both get points:": {"Eröffnen Sie hier ein Konto. Wenn Ihre erste Bestellung nicht mehr zurückkommen kann, bekommen Sie beide Punkte:", "在此开通账户。首单过退货期后，双方均得积分："},
	"Ordered now, it arrives": {"Jetzt bestellt, kommt es an", "现在下单，送达时间"}, "Orders": {"Bestellungen", "订单"}, "Paid with": {"Bezahlt mit", "支付方式"}, "Password": {"Passwort", "密码"}, "Pay with credit": {"Mit Guthaben zahlen", "用余额支付"},
	"Pay with points": {"Mit Punkten zahlen", "用积分支付"}, "Points": {"Punkte", "积分"}, "Question": {"Frage", "问题"}, "Questions": {"Fragen", "问答"}, "Reviews": {"Bewertungen", "评价"}, "Save": {"Speichern", "保存"},
	"See, take or erase what the store knows of me": {"Sehen, mitnehmen oder löschen, was der Laden über mich weiß", "查看、导出或删除我的数据"}, "Send": {"Senden", "提交"}, "Send the link": {"Link senden", "发送链接"},
	"Send this link. When your friend's first order can no longer come back, you both get points:": {"Verschicken Sie diesen Link. Wenn die erste Bestellung nicht mehr zurückkommen kann, bekommen Sie beide Punkte:", "发送此链接。朋友首单过退货期后，双方均得积分："},
	"Stars": {"Sterne", "星级"}, "State": {"Stand", "状态"}, "Text": {"Text", "内容"}, "Thank you. It is shown when somebody has read it.": {"Danke. Es erscheint, sobald es jemand gelesen hat.", "谢谢！审核后显示。"}, "The link in the letter is good for a day.": {"Der Link im Brief gilt einen Tag.", "邮件中的链接一天内有效。"},
	"The store does not know you any more.": {"Der Laden kennt Sie nicht mehr.", "商店已不再保存您的信息。"}, "This helped": {"Das half", "有帮助"}, "Tier": {"Stufe", "等级"}, "Title": {"Überschrift", "标题"}, "To": {"An", "到"}, "To download at once": {"Sofort zum Herunterladen", "立即下载"},
	"We send a link by which you choose a password.": {"Wir senden einen Link, mit dem Sie ein Passwort wählen.", "我们将发送设置密码的链接。"}, "We wrote to": {"Wir haben geschrieben an", "邮件已发送至"}, "What we may do": {"Was wir dürfen", "授权选择"}, "Wish list": {"Wunschliste", "心愿单"},
	"With an account you see this order anywhere, and every euro earns a point.": {"Mit einem Konto sehen Sie diese Bestellung überall, und jeder Euro bringt einen Punkt.", "开通账户后可随时查看订单，每欧元得一积分。"}, "Write a review": {"Bewertung schreiben", "写评价"},
	"You get none of these letters any more.": {"Sie bekommen keine solchen Briefe mehr.", "您将不再收到此类邮件。"}, "bought here": {"hier gekauft", "已在本店购买"}, "more lead to": {"mehr führen zu", "分后升级为"}, "owed": {"offen", "欠"},
	"pending until the goods can no longer come back": {"offen, bis die Ware nicht mehr zurückkommen kann", "待过退货期后可用"}, "the store": {"der Laden", "商家"}, "to spend": {"verfügbar", "可用"},
	"goes with": {"passt zu", "搭配"}, "in demand at the moment": {"gerade gefragt", "近期热门"}, "many like it": {"bei vielen beliebt", "很多人喜欢"},
	"E-mail and password do not fit together.": {"E-Mail und Passwort passen nicht zusammen.", "邮箱与密码不匹配。"}, "That was tried too often. Try again in a quarter of an hour.": {"Das wurde zu oft versucht. In einer Viertelstunde geht es wieder.", "尝试次数过多，请一刻钟后再试。"},
	"This is not an e-mail address.": {"Das ist keine E-Mail-Adresse.", "这不是邮箱地址。"}, "This name is too long.": {"Der Name ist zu lang.", "姓名过长。"}, "This is not your password.": {"Das ist nicht Ihr Passwort.", "密码不正确。"},
	"Keep for later": {"Merken", "稍后再买"}, "Put on the wish list": {"Auf die Wunschliste", "加入心愿单"}, "Tell me when it is back": {"Sagen Sie mir, wenn es wieder da ist", "到货通知我"}, "Tell me when it costs less": {"Sagen Sie mir, wenn es weniger kostet", "降价通知我"},
	"Nothing is on the list.": {"Auf der Liste steht nichts.", "心愿单是空的。"}, "Share this list": {"Liste teilen", "分享心愿单"}, "Share no longer": {"Nicht mehr teilen", "取消分享"}, "Somebody's wish list": {"Eine Wunschliste", "心愿单"}, "I wait for": {"Ich warte auf", "到货与降价提醒"}, "I watch the price of": {"Ich beobachte den Preis von", "价格提醒"},
}

// codes are words of the packages for states and kinds: English, German, Chinese.
var codes = map[string][3]string{
	"processing": {"being prepared", "in Vorbereitung", "处理中"}, "partial": {"partly sent", "teilweise versandt", "部分发货"}, "fulfilled": {"sent", "versandt", "已发货"}, "removed": {"removed", "entfernt", "已移除"},
	"canceled": {"called off", "storniert", "已取消"}, "returned": {"returned", "zurückgegeben", "已退货"}, "open": {"not sent yet", "noch nicht versandt", "待发货"}, "shipped": {"on its way", "unterwegs", "运输中"}, "delivered": {"delivered", "zugestellt", "已送达"},
	"subtotal": {"Goods", "Waren", "商品"}, "items_discount": {"Discount on goods", "Rabatt auf Waren", "商品折扣"}, "discount": {"Discount", "Rabatt", "折扣"}, "fulfillment": {"Delivery", "Lieferung", "配送"}, "tax": {"Tax", "Steuer", "税"}, "total": {"Total", "Summe", "合计"},
	"points": {"points", "Punkte", "积分"}, "gift_card": {"gift card", "Geschenkkarte", "礼品卡"}, "store_credit": {"credit", "Guthaben", "余额"}, "card": {"card", "Karte", "银行卡"}, "invoice": {"Invoice", "Rechnung", "发票"}, "credit_note": {"Credit note", "Gutschrift", "红字发票"},
	"changed_mind": {"changed mind", "anders überlegt", "改变主意"}, "defective": {"defective", "defekt", "有缺陷"}, "wrong_item": {"wrong item", "falscher Artikel", "发错货"},
	"program": {"program", "Programm", "计划"}, "pending": {"pending", "offen", "待生效"}, "available": {"available", "verfügbar", "可用"}, "held": {"held", "reserviert", "冻结"}, "redeemed": {"spent", "eingelöst", "已使用"}, "expired": {"expired", "verfallen", "已过期"}, "debt": {"owed", "Schuld", "欠款"},
	"earned": {"earned", "verdient", "已获得"}, "lost": {"lost", "verloren", "已失效"}, "member": {"Member", "Mitglied", "会员"}, "silver": {"Silver", "Silber", "银卡"}, "gold": {"Gold", "Gold", "金卡"},
	"standard": {"Standard", "Standard", "标准配送"}, "express": {"Express", "Express", "特快"}, "austria": {"To Austria", "Nach Österreich", "寄往奥地利"}, "america": {"To the United States", "In die Vereinigten Staaten", "寄往美国"}, "china": {"To China", "Nach China", "寄往中国"},
}
