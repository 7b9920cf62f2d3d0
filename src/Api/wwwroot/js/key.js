const PLACE = "instructdiffusion.key";

/** The caller's API key: kept by this tab alone, until it is closed. */
export const apiKey = {
  /** @returns {string | null} */
  read() {
    try {
      return sessionStorage.getItem(PLACE);
    } catch {
      return null; // storage is off
    }
  },

  /** @param {string} key empty forgets it */
  keep(key) {
    if (key === "") {
      sessionStorage.removeItem(PLACE);
    } else {
      sessionStorage.setItem(PLACE, key);
    }
  },
};
