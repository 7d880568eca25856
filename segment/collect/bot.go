package collect

import "strings"

// botWords are parts of the names by which programs introduce themselves, in lower
// case. The first ones cover most crawlers, which follow the custom of calling
// themselves so.
var botWords = []string{
	"bot", "crawl", "spider", "slurp", "scrape", "archiver", "fetch", "preview", "monitor", "headless", "lighthouse", "pagespeed",
	"phantomjs", "selenium", "puppeteer", "playwright", "cypress", "curl/", "wget/", "python-", "python/", "aiohttp", "httpx/", "go-http-client",
	"java/", "okhttp", "apache-httpclient", "libwww", "perl", "ruby", "php/", "node-fetch", "axios/", "postman", "insomnia",
	"facebookexternalhit", "whatsapp/", "skypeuripreview", "embedly", "feedparser", "validator", "uptime", "pingdom", "statuscake", "datadog", "newrelic",
}

// Bot reports whether a user agent says that it is a program and no browser: it is
// empty or has one of the usual words. It finds those that do not hide; a robot that
// says it is a browser is one for [Options].Allow. "cubot" is a phone.
func Bot(userAgent string) bool {
	agent := strings.ToLower(userAgent)
	if strings.TrimSpace(agent) == "" {
		return true
	}
	agent = strings.ReplaceAll(agent, "cubot", "")
	for _, word := range botWords {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}
