package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// aisles are what the corner shop sells: those who like one thing of an aisle are
// likely to like another.
var aisles = [][]flywheel.SKU{
	{"green tea", "black tea", "honey", "ginger biscuits", "teapot", "lemon", "tea towel", "sugar"},
	{"espresso", "filter coffee", "oat milk", "grinder", "cups", "dark chocolate", "almonds", "waffles"},
	{"flour", "yeast", "butter", "eggs", "vanilla", "baking tin", "cinnamon", "icing sugar"},
	{"spaghetti", "tomatoes", "basil", "olive oil", "parmesan", "garlic", "red wine", "oregano"},
	{"rice", "soy sauce", "tofu", "noodles", "sesame", "chili", "lime", "coriander"},
	{"nappies", "baby wipes", "oatmeal", "banana", "carrots", "bib", "rusks", "apple puree"},
}

// cornerShop makes up a year of 300 users, each with one aisle of habit and another
// of curiosity: the last choice of each is for the test, the one before for validation.
func cornerShop() (p parts) {
	rng := rand.New(rand.NewPCG(7, 15))
	opening := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	for n := range 300 {
		who := recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprintf("user %d", n+1))}
		habit, curious := rng.IntN(len(aisles)), rng.IntN(len(aisles))
		seen := map[flywheel.SKU]bool{}
		var mine []recommend.Choice
		at := opening.Add(time.Duration(rng.IntN(90*24)) * time.Hour)
		for range 8 + rng.IntN(10) {
			aisle := habit
			if rng.IntN(5) < 2 {
				aisle = curious
			}
			if rng.IntN(8) == 0 {
				aisle = rng.IntN(len(aisles))
			}
			shelf := aisles[aisle]
			sku := shelf[min(rng.IntN(len(shelf)), rng.IntN(len(shelf)))] // what stands in front sells more
			at = at.Add(time.Duration(1+rng.IntN(200)) * time.Hour)
			if !seen[sku] {
				seen[sku] = true
				mine = append(mine, recommend.Choice{Actor: who, Item: sku, At: at})
			}
		}
		last := len(mine) - 1
		if last < 3 {
			p.train = append(p.train, mine...)
			continue
		}
		p.train = append(p.train, mine[:last-1]...)
		p.valid = append(p.valid, mine[last-1])
		p.test = append(p.test, mine[last])
	}
	return p
}
