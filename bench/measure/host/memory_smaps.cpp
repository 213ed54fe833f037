#include <algorithm>
#include <charconv>

#include "bench/measure/host/memory.h"

// The format: "Documentation/filesystems/proc.rst" of the kernel. A mapping begins with a line of its
// addresses and goes on with lines "Key:   123 kB".

namespace bench {
namespace {

/// The lines "Key:  123 kB" of one mapping, or of all of them.
struct Fields {
  std::int64_t rss = 0, pss = 0, private_clean = 0, private_dirty = 0, huge = 0;
  std::optional<std::int64_t> pss_anon, pss_shmem;
  bool has_pss = false;
};

struct Mapping {
  std::uint64_t begin = 0, end = 0;
  std::string_view permissions, inode, path;
  std::int64_t pss = 0, anonymous = 0;
};

// The text has some 8000 lines, and reading it is part of what the harness costs while memory settles: views
// into it, no streams.

/// Calls `line` for each line; ends early when it returns false.
template <typename Line>
bool each_line(std::string_view text, Line line) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (!line(text.substr(0, end))) return false;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return true;
}

/// Takes the next word off `rest`, and the blanks around it.
std::string_view word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view found = rest.substr(0, rest.find(' '));
  rest.remove_prefix(found.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return found;
}

template <typename Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "7f9143e00000-7f9163e00000 rw-p 00000000 00:00 0      [heap]"
std::optional<Mapping> header(std::string_view line) {
  const std::string_view range = word(line);
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = number<std::uint64_t>(range.substr(0, dash), 16);
  const auto end = number<std::uint64_t>(range.substr(dash + 1), 16);
  if (!begin || !end || *end < *begin) return std::nullopt;
  Mapping mapping;
  mapping.begin = *begin;
  mapping.end = *end;
  mapping.permissions = word(line);
  word(line);  // offset
  word(line);  // device
  mapping.inode = word(line);
  if (mapping.inode.empty()) return std::nullopt;
  mapping.path = line;
  return mapping;
}

std::optional<std::int64_t> bytes_of(std::string_view line, std::size_t colon) {
  std::string_view rest = line.substr(colon + 1);
  const auto value = number<std::int64_t>(word(rest), 10);
  if (!value || rest != "kB") return std::nullopt;
  return *value * 1024;
}

void add_field(Fields& fields, std::string_view line, std::size_t colon) {
  const auto value = bytes_of(line, colon);
  if (!value) return;
  const std::string_view key = line.substr(0, colon);
  if (key == "Rss") fields.rss += *value;
  if (key == "Pss") fields.pss += *value, fields.has_pss = true;
  if (key == "Pss_Anon") fields.pss_anon = fields.pss_anon.value_or(0) + *value;
  if (key == "Pss_Shmem") fields.pss_shmem = fields.pss_shmem.value_or(0) + *value;
  if (key == "Private_Clean") fields.private_clean += *value;
  if (key == "Private_Dirty") fields.private_dirty += *value;
  if (key == "AnonHugePages") fields.huge += *value;
}

ProcessMemory memory_of(const Fields& fields) {
  ProcessMemory memory;
  memory.pss = fields.pss;
  memory.rss = fields.rss;
  memory.uss = fields.private_clean + fields.private_dirty;
  if (fields.pss_anon) memory.pss_unbacked = *fields.pss_anon + fields.pss_shmem.value_or(0);
  memory.huge = fields.huge;
  return memory;
}

/// Memory that a process made for itself: anonymous, or a file that only memory holds.
bool is_made(const Mapping& mapping) {
  if (mapping.path.starts_with("[")) return false;  // heap, stack, vdso
  if (mapping.inode == "0") return true;
  return mapping.path.starts_with("/memfd:") || mapping.path.starts_with("/dev/shm/") ||
         mapping.path.starts_with("/dev/zero");
}

/// Unlike the roll-up, a mapping does not say of which kind its share is. In a file's mapping the pages that
/// the process has written to are its own copies.
std::int64_t unbacked(const Mapping& mapping) {
  if (mapping.inode == "0" || is_made(mapping)) return mapping.pss;
  return std::min(mapping.pss, mapping.anonymous);
}

bool continues(const Mapping& before, const Mapping& mapping) {
  return before.end == mapping.begin && before.permissions == mapping.permissions &&
         before.inode == mapping.inode && before.path == mapping.path;
}

/// The PSS of what is as large as the guest's RAM: one mapping, else a run of neighbours of one kind (advice
/// on a part of a mapping cuts it).
std::optional<std::int64_t> guest_ram(const std::vector<Mapping>& mappings, std::uint64_t guest_bytes) {
  const auto fits = [guest_bytes](const Mapping& mapping) {
    return is_made(mapping) && mapping.permissions.starts_with("rw-") &&
           mapping.end - mapping.begin == guest_bytes;
  };
  std::vector<Mapping> runs;
  for (const Mapping& mapping : mappings) {
    if (fits(mapping)) return mapping.pss;
    if (!runs.empty() && continues(runs.back(), mapping)) {
      runs.back().end = mapping.end;
      runs.back().pss += mapping.pss;
    } else {
      runs.push_back(mapping);
    }
  }
  for (const Mapping& run : runs) {
    if (fits(run)) return run.pss;
  }
  return std::nullopt;
}

bool holds_translations(const Mapping& mapping) {
  return is_made(mapping) && mapping.permissions.starts_with("rwx");
}

}  // namespace

std::optional<ProcessMemory> parse_smaps_rollup(std::string_view text) {
  Fields fields;
  each_line(text, [&fields](std::string_view line) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) add_field(fields, line, colon);
    return true;
  });
  // Private_Dirty follows Pss: a text without it was cut off.
  if (!fields.has_pss || text.find("Private_Dirty:") == std::string_view::npos) return std::nullopt;
  return memory_of(fields);
}

std::optional<VmmMemory> parse_vmm_smaps(std::string_view text, std::int64_t guest_bytes) {
  Fields all;
  std::vector<Mapping> mappings;
  const auto take_line = [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.find(' ') < colon) {
      const auto mapping = header(line);
      if (mapping) mappings.push_back(*mapping);
      return mapping.has_value();
    }
    if (!mappings.empty()) {
      add_field(all, line, colon);
      if (line.starts_with("Pss:")) mappings.back().pss = bytes_of(line, colon).value_or(0);
      if (line.starts_with("Anonymous:")) mappings.back().anonymous = bytes_of(line, colon).value_or(0);
    }
    return true;
  };
  if (!each_line(text, take_line) || !all.has_pss) return std::nullopt;
  VmmMemory memory;
  memory.process = memory_of(all);
  memory.process.pss_unbacked = 0;
  for (const Mapping& mapping : mappings) *memory.process.pss_unbacked += unbacked(mapping);
  if (guest_bytes > 0) memory.guest_ram = guest_ram(mappings, static_cast<std::uint64_t>(guest_bytes));
  for (const Mapping& mapping : mappings) {
    if (!holds_translations(mapping)) continue;
    memory.translations = memory.translations.value_or(0) + mapping.pss;
  }
  return memory;
}

}  // namespace bench
