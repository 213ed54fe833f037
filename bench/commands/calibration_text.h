#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/app/ui.h"
#include "bench/history/calibration/calibration.h"
#include "bench/history/calibration/noise_floors.h"
#include "bench/measure/host/doctor.h"
#include "bench/report/view/view.h"

namespace bench {

// A calibration for people.

/// Noise floors of the metrics that a gate decides by; the file has all.
TextTable floor_table(const Calibration& calibration);

/// Nothing in it where no truth was checked.
TextTable truth_table(const std::vector<KnownTruth>& truths);

/// "delay of docker, startup.ready: 2.43 s where 2 s ± 5 % were put in"
std::string truth_in_words(const KnownTruth& truth);

/// The truths with this verdict.
std::vector<KnownTruth> with_verdict(const std::vector<KnownTruth>& truths, TruthVerdict verdict);

/// "docker and docker#2 were told apart: startup.ready 1.08× [1.06, 1.1]"
std::string told_apart_in_words(const ToldApart& apart);

/// Says on stderr what a reader of the tables must know. The exit code: 3 where a known truth does not hold.
int conclude_calibration(const Calibration& calibration, const AaFindings& findings, Ui& ui);

/// `bench doctor`'s rows; `fingerprint` is that of the host now.
std::vector<DoctorRow> calibration_rows(const std::optional<Calibration>& calibration,
                                        const Facts& fingerprint);

}  // namespace bench
