#include "bench/images/app/versions.h"

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "bench/base/text.h"

namespace bench {

namespace {

/// Numbers that are ordered as the versions are.
struct VersionKey {
  long epoch = 0;
  std::vector<long> release;
  long phase = 0, phase_number = 0;  ///< of a pre-release; a release comes after all of them
  long post = -1, dev = 0;
};

/// Above every number that a version has.
constexpr long kLast = 1L << 40;

long number_of(const std::string& digits) {
  return digits.empty() ? 0 : std::stol(digits.substr(0, 9));
}

std::optional<VersionKey> version_key(std::string_view text) {
  static const std::regex form(
      "v?(?:([0-9]+)!)?([0-9]+(?:\\.[0-9]+)*)(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?([0-9]*))?"
      "((?:-([0-9]+))|(?:[-_.]?(?:post|rev|r)[-_.]?([0-9]*)))?([-_.]?dev[-_.]?([0-9]*))?(?:\\+[a-z0-9._-]*)?",
      std::regex::icase);
  const std::string version(trimmed(text));
  std::smatch part;
  if (version.size() > 100 || !std::regex_match(version, part, form)) return std::nullopt;
  VersionKey key;
  key.epoch = number_of(part[1]);
  const std::string release = part[2];
  for (std::size_t begin = 0; begin <= release.size();) {
    const std::size_t end = std::min(release.find('.', begin), release.size());
    key.release.push_back(number_of(release.substr(begin, end - begin)));
    begin = end + 1;
  }
  key.dev = part[8].matched ? number_of(part[9]) : kLast;
  if (part[5].matched) key.post = number_of(part[6].matched ? part[6] : part[7]);
  if (part[3].matched) {
    const char first = static_cast<char>(std::tolower(static_cast<unsigned char>(part[3].str().front())));
    key.phase = first == 'a' ? 1 : first == 'b' ? 2 : 3;
    key.phase_number = number_of(part[4]);
  } else {
    key.phase = part[8].matched && !part[5].matched ? 0 : kLast;  // a development version precedes them
  }
  return key;
}

int order(long a, long b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int compare_keys(const VersionKey& a, const VersionKey& b) {
  if (const int by = order(a.epoch, b.epoch); by != 0) return by;
  for (std::size_t i = 0; i < std::max(a.release.size(), b.release.size()); ++i) {
    const int by = order(i < a.release.size() ? a.release[i] : 0, i < b.release.size() ? b.release[i] : 0);
    if (by != 0) return by;
  }
  if (const int by = order(a.phase, b.phase); by != 0) return by;
  if (const int by = order(a.phase_number, b.phase_number); by != 0) return by;
  if (const int by = order(a.post, b.post); by != 0) return by;
  return order(a.dev, b.dev);
}

bool same_series(const VersionKey& version, const VersionKey& series, std::size_t parts) {
  for (std::size_t i = 0; i < parts; ++i) {
    if ((i < version.release.size() ? version.release[i] : 0) != series.release[i]) return false;
  }
  return version.epoch == series.epoch;
}

std::optional<bool> satisfies_one(std::string_view version, std::string_view clause) {
  static constexpr std::string_view kOperators[] = {"===", "~=", "==", "!=", "<=", ">=", "<", ">"};
  const auto found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                  [&](std::string_view op) { return clause.starts_with(op); });
  if (found == std::end(kOperators)) return std::nullopt;
  const std::string_view op = *found;
  std::string_view wanted = trimmed(clause.substr(op.size()));
  if (op == "===") return version == wanted;
  const bool series = wanted.ends_with(".*");
  if (series) wanted.remove_suffix(2);
  const auto have = version_key(version), want = version_key(wanted);
  if (!have || !want || (series && op != "==" && op != "!=")) return std::nullopt;
  if (series) return same_series(*have, *want, want->release.size()) == (op == "==");
  const int by = compare_keys(*have, *want);
  if (op == "~=")
    return want->release.size() < 2
               ? std::nullopt
               : std::optional(by >= 0 && same_series(*have, *want, want->release.size() - 1));
  if (op == "==") return by == 0;
  if (op == "!=") return by != 0;
  if (op == "<=") return by <= 0;
  if (op == ">=") return by >= 0;
  return op == "<" ? by < 0 : by > 0;
}

}  // namespace

std::optional<int> compare_versions(std::string_view a, std::string_view b) {
  const auto first = version_key(a), second = version_key(b);
  if (!first || !second) return std::nullopt;
  return compare_keys(*first, *second);
}

std::optional<bool> satisfies(std::string_view version, std::string_view specifier) {
  bool all = true;
  while (!trimmed(specifier).empty()) {
    const auto comma = specifier.find(',');
    const auto one = satisfies_one(version, trimmed(specifier.substr(0, comma)));
    if (!one) return std::nullopt;
    all = all && *one;
    specifier.remove_prefix(comma == std::string_view::npos ? specifier.size() : comma + 1);
  }
  return all;
}

}  // namespace bench
