package forecast

import (
	"fmt"
	"math"
)

// Fourier returns the regressors of a season of any length, such as 365.25 days:
// for k from 1 to pairs the sine and cosine of 2π·k·t/season in the periods t = 1,
// 2, … (Young, Pedregal & Tych, 1999; Hyndman & Athanasopoulos, 2021, section
// 7.4). Few pairs make a smooth season, and take far fewer coefficients than it has
// periods. There are at most season/2 pairs; where the last is just that, its
// sine is always zero and left out.
func Fourier(season float64, pairs, periods int) ([]Regressor, error) {
	bad := func(setting string, value float64, want string) ([]Regressor, error) {
		return nil, &SettingError{Model: "Fourier", Setting: setting, Value: value, Want: want}
	}
	switch {
	case !(season >= 2 && season <= MaxSeason):
		return bad("season", season, fmt.Sprintf("2 to %d", MaxSeason))
	case pairs < 1 || float64(2*pairs) > season:
		return bad("pairs", float64(pairs), "1 to half of the season")
	case periods < 1 || periods > MaxPeriods:
		return bad("number of periods", float64(periods), fmt.Sprintf("1 to %d", MaxPeriods))
	}
	var columns []Regressor
	for k := 1; k <= pairs; k++ {
		sine, cosine := make([]float64, periods), make([]float64, periods)
		for i := range sine {
			// Whole turns are taken off first, so that late periods lose nothing.
			turn := math.Mod(float64(k)*float64(i+1), season) / season
			sine[i], cosine[i] = math.Sincos(2 * math.Pi * turn)
		}
		if float64(2*k) < season {
			columns = append(columns, Regressor{fmt.Sprintf("sin %d/%g", k, season), sine})
		}
		columns = append(columns, Regressor{fmt.Sprintf("cos %d/%g", k, season), cosine})
	}
	return columns, nil
}
