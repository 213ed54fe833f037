#include "bench/commands/calibration_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/history/calibration/known_truths.h"
#include "bench/report/render/table.h"

namespace bench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr double kMiB = 1024.0 * 1024;

KnownTruth delay(double measured, TruthVerdict verdict, int n = 10) {
  return {"delay", "docker", "startup.ready", Unit::kSeconds,
          2,       0.05,     measured,        Interval{measured - 0.01, measured + 0.01},
          n,       verdict};
}

Calibration calibrated() {
  Calibration calibration;
  calibration.calibrated_at = "2026-01-31T12:00:00Z";
  calibration.fingerprint = {{"kernel", std::string("6.1")}, {"cores", std::int64_t{2}}};
  calibration.rounds = 10;
  calibration.runs = 3;
  calibration.floors = {{"startup", "startup.ready", "docker", 0.031, 0.02, 0.031, 0.1, 3},
                        {"startup", "startup.launch", "docker", 0.5, 0.5, std::nullopt, std::nullopt, 3},
                        {"memory", "memory.host_pss", "docker", 0.004, 0.004, 0.002, 0.06, 3}};
  calibration.truths = {
      delay(2.004, TruthVerdict::kHolds),
      {"size", "docker", "size.disk", Unit::kBytes, 50 * kMiB, 0.02, 50 * kMiB, {}, 1, TruthVerdict::kHolds}};
  return calibration;
}

std::string all_of(const std::vector<DoctorRow>& rows) {
  std::string text;
  for (const DoctorRow& row : rows) {
    text += to_text(row.status) + " " + row.item + ": " + row.detail + " -> " + row.remedy + "\n";
  }
  return text;
}

TEST(CalibrationRows, OfAHostThatWasNotCalibrated) {
  const auto rows = calibration_rows(std::nullopt, {});
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].area, "calibration");
  EXPECT_EQ(rows[0].status, DoctorStatus::kWarn);
  EXPECT_EQ(rows[0].remedy, "bench calibrate");
}

TEST(CalibrationRows, SayWhenHowNoisyAndWhatHeld) {
  const Calibration calibration = calibrated();
  const std::string text = all_of(calibration_rows(calibration, calibration.fingerprint));
  EXPECT_THAT(text, HasSubstr("ok calibrated: 2026-01-31T12:00:00Z, 3 runs of 10 rounds"));
  EXPECT_THAT(text, HasSubstr("docker: noise floor: startup.ready 3.1 %, memory.host_pss 0.4 %"));
  EXPECT_THAT(text, HasSubstr("ok known truths: 2 of 2 hold"));
  EXPECT_THAT(text, Not(HasSubstr("warn")));
}

TEST(CalibrationRows, WarnOfAnotherHostAndSayWhatDiffers) {
  Facts now = calibrated().fingerprint;
  now["kernel"] = std::string("6.2");
  now["smt"] = true;
  const std::string text = all_of(calibration_rows(calibrated(), now));
  EXPECT_THAT(text, HasSubstr("warn calibrated"));
  EXPECT_THAT(text, HasSubstr("another host or set-up (kernel, smt): not used -> bench calibrate"));
}

TEST(CalibrationRows, NameTheTruthsThatDoNotHold) {
  Calibration calibration = calibrated();
  calibration.truths[0] = delay(2.43, TruthVerdict::kDoesNotHold);
  const auto rows = calibration_rows(calibration, calibration.fingerprint);
  EXPECT_THAT(all_of(rows),
              AllOf(HasSubstr("1 of 2 hold"),
                    HasSubstr("warn known truth: does not hold: delay of docker, startup.ready: "
                              "2.43 s where 2.00 s ± 5 % was put in")));
  EXPECT_THAT(rows.back().remedy, Not(IsEmpty()));
}

TEST(CalibrationRows, AnInconclusiveTruthIsNoWarning) {
  Calibration calibration = calibrated();
  calibration.truths[0].verdict = TruthVerdict::kInconclusive;
  const std::string text = all_of(calibration_rows(calibration, calibration.fingerprint));
  EXPECT_THAT(text,
              HasSubstr("info known truths: 1 of 2 hold; inconclusive: delay of docker (startup.ready)"));
  EXPECT_THAT(text, Not(HasSubstr("warn")));
}

TEST(CalibrationRows, OfAnOldFileClaimNothingThatItDoesNotSay) {
  Calibration calibration = calibrated();
  calibration.rounds = calibration.runs = 0;
  calibration.truths.clear();
  const std::string text = all_of(calibration_rows(calibration, calibration.fingerprint));
  EXPECT_THAT(text, HasSubstr("ok calibrated: 2026-01-31T12:00:00Z -> \n"));
  EXPECT_THAT(text, HasSubstr("info known truths: not checked -> bench calibrate"));
}

TEST(CalibrationTables, ShowWhatAGateDecidesBy) {
  Calibration calibration = calibrated();
  const std::string text = console_table(floor_table(calibration));
  EXPECT_THAT(text, HasSubstr("3 runs of 10 rounds"));
  EXPECT_THAT(text, HasSubstr("startup.ready"));
  EXPECT_THAT(text, Not(HasSubstr("startup.launch")));
  calibration.runs = 1;
  calibration.rounds = 3;
  EXPECT_THAT(console_table(floor_table(calibration)),
              AllOf(HasSubstr("1 run of 3 rounds"), HasSubstr("one run says nothing about between runs"),
                    HasSubstr("no interval below 6 rounds")));
}

TEST(CalibrationTables, ARangeIsNotShownAsAnInterval) {
  EXPECT_THAT(console_table(truth_table({delay(2.0, TruthVerdict::kHolds)})), HasSubstr("[1.99, 2.01]"));
  const std::string few = console_table(truth_table({delay(2.0, TruthVerdict::kHolds, 3)}));
  EXPECT_THAT(few, AllOf(HasSubstr("1.99 to 2.01"), Not(HasSubstr("[")), HasSubstr("no interval below 6")));
  KnownTruth phase = delay(2.0, TruthVerdict::kHolds);
  phase.metric = kSinceFirstLine;
  EXPECT_THAT(console_table(truth_table({phase})), HasSubstr("from the app's first line"));
  KnownTruth nothing = delay(2.0, TruthVerdict::kInconclusive, 0);
  nothing.measured.reset();
  nothing.range.reset();
  EXPECT_THAT(console_table(truth_table({nothing})), HasSubstr("not measured"));
}

TEST(ConcludeCalibration, ATruthThatDoesNotHoldIsNamedAndExit3) {
  const auto conclude = [](TruthVerdict verdict) {
    Calibration calibration = calibrated();
    calibration.truths.push_back(delay(2.4, verdict));
    Ui ui;
    ::testing::internal::CaptureStderr();
    const int code = conclude_calibration(calibration, {}, ui);
    return std::pair(code, ::testing::internal::GetCapturedStderr());
  };
  EXPECT_EQ(conclude(TruthVerdict::kHolds), std::pair(0, std::string()));
  const auto [unclear, words] = conclude(TruthVerdict::kInconclusive);
  EXPECT_EQ(unclear, 0);
  EXPECT_THAT(words, HasSubstr("warning: inconclusive: delay of docker, startup.ready"));
  const auto [broken, error] = conclude(TruthVerdict::kDoesNotHold);
  EXPECT_EQ(broken, 3);
  EXPECT_THAT(error, HasSubstr("a known truth does not hold: delay of docker, startup.ready: 2.40 s"));
}

}  // namespace
}  // namespace bench
