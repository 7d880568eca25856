package replenish

// Lot says in what quantities an item can be ordered. Zeros mean no limit.
type Lot struct {
	Min  int64 // smallest order
	Pack int64 // units per pack: orders are multiples of it
	Max  int64 // largest order; it wins over Min
	// Pallet is the units of a whole pallet, which is cheaper to handle than
	// loose packs: an order that lacks at most the share Missing of one is filled
	// up to whole pallets, within Max. It is a multiple of Pack.
	Pallet  int64
	Missing float64 // from 0 to below 1, such as 0.2; 0 fills nothing up
}

func (l Lot) check() error {
	for _, f := range []struct {
		name  string
		value int64
	}{{"smallest order", l.Min}, {"pack size", l.Pack}, {"largest order", l.Max}, {"units of a pallet", l.Pallet}} {
		if err := within(f.name, float64(f.value), MaxUnits); err != nil {
			return err
		}
	}
	if l.Max > 0 && l.Pack > l.Max {
		return &SettingError{"pack size", float64(l.Pack), "at most the largest order"}
	}
	if l.Pallet%max(l.Pack, 1) != 0 {
		return &SettingError{"units of a pallet", float64(l.Pallet), "a multiple of the pack size"}
	}
	if !(l.Missing >= 0 && l.Missing < 1) {
		return &SettingError{"missing share of a pallet", l.Missing, "0 to below 1"}
	}
	return nil
}

// Round returns the order that covers need: at least Min, in whole packs, filled
// up to whole pallets where little is missing, and no more than the packs that
// Max allows. No need gives no order.
func (l Lot) Round(need int64) (int64, error) {
	if err := l.check(); err != nil {
		return 0, err
	}
	if need > MaxUnits {
		return 0, &SettingError{"need", float64(need), "at most 1e15"}
	}
	return l.round(need), nil
}

func (l Lot) round(need int64) int64 {
	if need <= 0 {
		return 0
	}
	pack := max(l.Pack, 1)
	quantity := (max(need, l.Min) + pack - 1) / pack * pack
	if l.Pallet > 0 {
		missing := (l.Pallet - quantity%l.Pallet) % l.Pallet
		if float64(missing) <= l.Missing*float64(l.Pallet) && (l.Max == 0 || quantity+missing <= l.Max) {
			quantity += missing
		}
	}
	if l.Max > 0 {
		quantity = min(quantity, l.Max/pack*pack)
	}
	return quantity
}
