/** Numbers, sizes, dates and durations as people of a language write them. */

const LOCALES = { es: "es-CO", en: "en-GB" };
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

export function makeFormat(language) {
  const locale = LOCALES[language];
  const number = new Intl.NumberFormat(locale, { useGrouping: "always", maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const sizes = UNITS.map((unit) => withUnit(locale, unit, 1));
  const [hours, minutes, seconds] = ["hour", "minute", "second"].map((unit) => withUnit(locale, unit, 0));

  return {
    number: (value) => number.format(value),
    /** Never 100 % before all is done. */
    percent: (done, total) => percent.format(total > 0 ? Math.floor((done / total) * 100) / 100 : 0),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    bytes(value) {
      const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
      return sizes[power].format(value / 1000 ** power);
    },
    duration(total) {
      const whole = Math.max(1, Math.round(total));
      if (whole < 60) return seconds.format(whole);
      if (whole < 3600) return joined(minutes, Math.floor(whole / 60), seconds, whole % 60);
      return joined(hours, Math.floor(whole / 3600), minutes, Math.floor((whole % 3600) / 60));
    },
  };
}

function withUnit(locale, unit, maximumFractionDigits) {
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits });
}

function joined(large, count, small, rest) {
  return rest === 0 ? large.format(count) : `${large.format(count)} ${small.format(rest)}`;
}
