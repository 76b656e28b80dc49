import type {Protection, Verdict} from "../api/types"
import {VERDICTS} from "../api/types"
import {count, percent} from "../lib/format"
import {Icon} from "../parts/icons"
import {VERDICT_LOOKS} from "../parts/states"
import {linkTo} from "../state/location"

type Totals = NonNullable<Protection["totals"]>

// One bar of all VMs by verdict, and below it each verdict with its figure.
export function VerdictBar({totals, within}: {totals: Totals; within: string}) {
    const vms = VERDICTS.reduce((sum, verdict) => sum + totals[verdict], 0)
    const href = (verdict: Verdict) => linkTo(["vms"], {verdict})
    return (
        <>
            <div class="bar" aria-hidden="true">
                {VERDICTS.filter((verdict) => totals[verdict] > 0).map((verdict) => (
                    <span
                        key={verdict}
                        class={`tone-${VERDICT_LOOKS[verdict].tone}-fill`}
                        style={{flexGrow: totals[verdict] / Math.max(1, vms)}}
                        title={`${verdict}: ${count(totals[verdict])}`}
                    />
                ))}
            </div>
            <ul class="figures">
                {VERDICTS.map((verdict) => {
                    const look = VERDICT_LOOKS[verdict]
                    return (
                        <li key={verdict}>
                            <a class={`figure ${totals[verdict] > 0 ? `tone-${look.tone}` : "none"}`} href={href(verdict)} title={look.meaning(within)}>
                                <span class="name"><Icon mark={look.mark}/>{look.word}</span>
                                <strong data-verdict={verdict}>{count(totals[verdict])}</strong>
                                <span class="quiet">{percent(totals[verdict], vms)}</span>
                            </a>
                        </li>
                    )
                })}
            </ul>
        </>
    )
}
