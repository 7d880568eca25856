package forecast
import ("testing";"fmt")
func TestZZ(t *testing.T){
 s:=Series{Values:readSeries(t,"m3_quarterly","Q1"),Season:4}
 f,_:=ETS{Error:Multiplicative,Trend:Damped,Season:Multiplicative}.Fit(s)
 l,_:=f.Likelihood()
 fmt.Println(f.Model,l.AICc,f.Parameters,f.search.best.start.Season, s.Values)
}
